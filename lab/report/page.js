"use strict";
/* The sliders of a report. Allowed by its hash alone: it loads nothing, evaluates no text, writes texts as texts.
   Numbers are worked out as lab/additive.py does. */
(() => {
  const make = (name, attributes, text) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };

  /* A figure of several frames: the slider shows one and hides the others. */
  for (const figure of document.querySelectorAll("figure.frames")) {
    const frames = [...figure.querySelectorAll(".frame")];
    const slider = figure.querySelector("input"), label = figure.querySelector("output");
    figure.querySelector(".slider").hidden = false;
    slider.addEventListener("input", () => {
      frames.forEach((frame, place) => { frame.hidden = place !== Number(slider.value); });
      label.textContent = frames[slider.value].dataset.label;
    });
  }

  /* The arithmetic of an additive model. */
  const place = (input, bins, value) => {
    if (value === null) return 0;
    if (input.kind === "category") return 1 + (bins.includes(value) ? bins.indexOf(value) : bins.length);
    let low = 0, high = bins.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value < bins[middle]) high = middle; else low = middle + 1;
    }
    return 1 + low;
  };
  const added = (model, term, values) => {
    const places = term.inputs.map((where, i) => place(model.inputs[where], term.bins[i], values[where]));
    const found = places.reduce((inner, at) => inner[at], term.values);
    if (!term.origins.length) return found;
    const value = values[term.inputs[0]];
    if (value === null) return found[0];
    const distance = value - term.origins[places[0] - 1];
    return found.reduceRight((sum, c) => sum * distance + c, 0);
  };
  const linked = (model, sum) => (model.link === "logit" ? 1 / (1 + Math.exp(-sum)) : sum);

  /* How a value is written. */
  const rounded = (value, digits) => value.toLocaleString("en-US", { maximumSignificantDigits: digits });
  const shown = (input, value) => {
    if (value === null) return "missing";
    if (input.kind === "date") return new Date(value * 864e5).toISOString().slice(0, 10);
    return rounded(value, input.whole ? 21 : 4).replace("-", "\u2212");
  };
  const signed = (model, value) => {
    const size = Math.abs(value);
    return (value < 0 ? "\u2212" : "+") + (model.link === "logit" ? size.toFixed(2) : rounded(size, 3));
  };

  const choice = (input, start) => {
    const texts = input.kind === "boolean" ? ["false", "true"] : input.choices;
    const stored = input.kind === "boolean" ? [0, 1] : input.choices;
    const box = make("select");
    texts.forEach((text, at) => box.append(make("option", { value: at }, text)));
    if (input.kind === "category") box.append(make("option", { value: -2 }, "(any other)"));
    if (input.can_be_missing) box.append(make("option", { value: -1 }, "(missing)"));
    const at = stored.indexOf(start);
    box.value = String(start === null ? -1 : at);
    const read = () => (box.value === "-1" ? null : box.value === "-2" ? "\u0000" : stored[box.value]);
    return { nodes: [box], box, read };
  };
  const range = (input, start) => {
    const step = input.whole ? 1 : "any";
    const box = make("input", { type: "range", min: input.low, max: input.high, step });
    box.value = start === null ? (input.low + input.high) / 2 : start;
    const value = make("output"), nodes = [box, value];
    const absent = make("input", { type: "checkbox" });
    absent.checked = start === null;
    if (input.can_be_missing) {
      const words = make("label", { class: "absent" });
      words.append(absent, "missing");
      nodes.push(words);
    }
    const read = () => (absent.checked ? null : Number(box.value));
    const show = () => { value.textContent = shown(input, read()); box.disabled = absent.checked; };
    return { nodes, box, read, show };
  };

  for (const panel of document.querySelectorAll(".what-if")) {
    const model = JSON.parse(panel.dataset.model);
    const rows = [...panel.querySelectorAll(".term")];
    const controls = model.inputs.map((input, at) => {
      const textual = input.kind === "category" || input.kind === "boolean";
      const control = textual ? choice(input, input.start) : range(input, input.start);
      const line = make("div", { class: "control" }), name = make("label", { for: panel.id + "-" + at }, input.name);
      control.box.id = panel.id + "-" + at;
      line.append(name, ...control.nodes);
      panel.querySelector(".controls").append(line);
      return control;
    });
    const update = () => {
      const values = controls.map((control) => control.read());
      for (const control of controls) if (control.show) control.show();
      const parts = model.terms.map((term) => added(model, term, values));
      const answer = linked(model, parts.reduce((sum, part) => sum + part, model.intercept));
      const reach = Math.max(...parts.map(Math.abs), 1e-12);
      rows.forEach((row, at) => {
        row.querySelector("output").textContent = signed(model, parts[at]);
        const bar = row.querySelector("rect"), width = (49 * Math.abs(parts[at])) / reach;
        bar.setAttribute("x", parts[at] < 0 ? 50 - width : 50);
        bar.setAttribute("width", width);
        bar.setAttribute("class", parts[at] < 0 ? "against" : "towards");
      });
      const said = panel.querySelector(".answer");
      said.textContent = model.link === "logit" ? (100 * answer).toFixed(1) + " %" : rounded(answer, 4);
      panel.dataset.answer = answer;
    };
    panel.querySelector(".controls").hidden = false;
    for (const control of controls) for (const node of control.nodes) node.addEventListener("input", update);
    update();
  }
})();
