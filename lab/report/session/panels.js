
/* Budgets and prices that a reader moves. Judged as lab/report/session/limits.py and prices.py do. */
(() => {
  const make = (name, attributes, text) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const three = (value) => {
    if (!value) return "0";
    const rounded = Number(value.toPrecision(3));
    const digits = Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(rounded)) + 1e-12)));
    return rounded.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  };

  /* A number that is typed, and a slider beside it. */
  const control = (id, name, unit, start, low, high, log, whole) => {
    const line = make("div", { class: "move" }), label = make("label", { for: id }, name);
    const box = make("input", { id, type: "number", min: 0, step: whole ? 1 : "any", value: start });
    const slider = make("input", { type: "range", min: 0, max: 200, step: 1, "aria-label": name + ", slider" });
    const to = (at) => (log ? low * (high / low) ** (at / 200) : low + ((high - low) * at) / 200);
    const from = (value) => 200 * (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
    slider.value = from(start);
    const wrapped = make("span", { class: "typed" });
    wrapped.append(box, unit);
    line.append(label, wrapped, slider);
    const changed = () => line.dispatchEvent(new Event("changed"));
    box.addEventListener("input", () => { slider.value = from(Number(box.value)); changed(); });
    slider.addEventListener("input", () => {
      const value = Number(to(Number(slider.value)).toPrecision(3));
      box.value = whole ? Math.max(1, Math.round(value)) : value;
      changed();
    });
    return { line, read: () => (box.value === "" || !(Number(box.value) >= 0) ? null : Number(box.value)) };
  };

  const STATUSES = ["pass", "undecided", "fail"], WORDS = ["kept", "not certain", "missed"];
  const worst = (statuses) => Math.max(0, ...statuses);
  const within = (low, high, allowed) => (high <= allowed ? 0 : low > allowed ? 2 : 1);
  const judged = (limit, found, allowed) => {
    if (found === null) return 1;
    const status = within(found.low, found.high, allowed);
    if (limit.above) return 2 - status;
    if (found.least_low !== null && within(found.least_low, found.least_high, allowed) < status) return 1;
    return status;
  };
  const mark = (node, status) => { node.className = "mark " + STATUSES[status]; node.textContent = WORDS[status]; };
  const sentence = (model, best, chosen, cells) => {
    const label = model.candidates[chosen].label;
    if (best === 0) return `The ${label} keeps to all of these budgets.`;
    if (model.unmeasured.length) return `No candidate is shown to keep to them; not measured: ${model.unmeasured.join(", ")}.`;
    const short = model.limits.filter((limit, at) => cells[at] === best).map((limit) => limit.name).join(" and ");
    if (best === 2) return `No candidate keeps to them. The most accurate, the ${label}, misses ${short}.`;
    return `The ${label} may keep to them; not certain: ${short}.`;
  };
  for (const panel of document.querySelectorAll(".limits")) {
    const model = JSON.parse(panel.dataset.model), columns = [...panel.querySelectorAll("thead .limited")];
    const moving = model.limits.map((limit, at) => at).filter((at) => model.limits[at].moves);
    const controls = moving.map((at, place) => {
      const { name, unit, allowed, low, high, log } = model.limits[at];
      const made = control(panel.id + "-" + at, name, unit, allowed, low, high, log, false);
      columns[place].after(made.line);
      return made;
    });
    const rows = [...panel.querySelectorAll("tbody tr")], heads = [...panel.querySelectorAll("thead .allowed")];
    const update = () => {
      const allowed = model.limits.map((limit) => limit.allowed);
      moving.forEach((at, place) => { allowed[at] = controls[place].read() ?? allowed[at]; });
      const cells = model.candidates.map((each) => model.limits.map((limit, at) => judged(limit, each.found[at], allowed[at])));
      const all = cells.map(worst), best = Math.min(...all);
      let chosen = -1;
      all.forEach((status, at) => {
        if (status === best && (chosen < 0 || model.candidates[at].score > model.candidates[chosen].score)) chosen = at;
      });
      const status = model.unmeasured.length && best === 2 ? 1 : best;
      mark(panel.querySelector(".said .mark"), status);
      panel.querySelector(".said .answer").textContent = sentence(model, best, chosen, cells[chosen]);
      panel.dataset.status = STATUSES[status];
      panel.dataset.chosen = chosen;
      panel.dataset.cells = JSON.stringify(cells.map((row) => row.map((each) => STATUSES[each])));
      rows.forEach((row, at) => {
        const marks = [...row.querySelectorAll(".mark")];
        mark(marks[0], all[at]);
        moving.forEach((place, column) => mark(marks[column + 1], cells[at][place]));
        mark(marks[moving.length + 1], worst(cells[at].filter((each, place) => !model.limits[place].moves)));
        row.classList.toggle("chosen", at === chosen);
      });
      moving.forEach((at, place) => {
        const { above, unit } = model.limits[at];
        heads[place].textContent = `${above ? "more than" : "at most"} ${three(allowed[at])} ${unit}`.trimEnd();
      });
    };
    for (const each of controls) each.line.addEventListener("changed", update);
    panel.classList.add("moved");
    update();
  }

  for (const panel of document.querySelectorAll(".prices")) {
    const model = JSON.parse(panel.dataset.model), box = panel.querySelector(".moves");
    const line = make("div", { class: "move" }), choice = make("select", { id: panel.id + "-work" });
    model.works.forEach((work, at) => choice.append(make("option", { value: at }, work.name)));
    line.append(make("label", { for: choice.id }, "work"), choice);
    const rate = control(panel.id + "-rate", "price of a second", "dollars", model.rate, 0, 4 * model.rate || 1, false, false);
    const shots = control(panel.id + "-shots", "shots for each circuit", "", model.shots, 1, Math.max(1e5, model.shots), true, true);
    const time = control(panel.id + "-time", "time for a shot", "s", model.execution_s, model.execution_s / 100,
      10 * model.execution_s, true, false);
    box.append(line, rate.line, shots.line, time.line);
    const rows = [...panel.querySelectorAll("tbody tr")];
    const update = () => {
      const at = { rate: rate.read() ?? model.rate, shots: shots.read() ?? model.shots, time: time.read() ?? model.execution_s };
      const found = model.works.map((work) => {
        const executions = work.circuits * at.shots, seconds = model.overhead_s * work.jobs + at.time * executions;
        return { executions, seconds, dollars: seconds * at.rate };
      });
      rows.forEach((row, place) => {
        const cells = row.querySelectorAll("td"), each = found[place];
        [Math.round(each.executions).toLocaleString("en-US"), three(each.seconds / 3600), three(each.dollars)]
          .forEach((words, column) => { cells[column].textContent = words; });
        row.classList.toggle("chosen", place === Number(choice.value));
      });
      const shown = found[choice.value];
      panel.querySelector(".answer").textContent = `${three(shown.dollars)} dollars`;
      panel.querySelector(".of").textContent =
        `${model.works[choice.value].name}, ${three(shown.seconds / 3600)} hours on the device`;
      panel.dataset.found = JSON.stringify(found);
    };
    choice.addEventListener("input", update);
    for (const each of [rate, shots, time]) each.line.addEventListener("changed", update);
    box.hidden = false;
    update();
  }
})();
