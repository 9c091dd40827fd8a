
/* The screens of a session: keys, a bar, and a presenter's view of the same page in a second window.
   The windows tell each other by messages at which screen they are; a message from anywhere else is not heard. */
(() => {
  const make = (name, attributes, text) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };
  const screens = [...document.querySelectorAll(".screen")], root = document.documentElement;
  const isPresenter = location.hash === "#presenter";
  let at = 0, came = null, hasTurned = false, peer = isPresenter ? window.opener : null;

  const tell = (isReply = false) => { if (peer && !peer.closed) peer.postMessage({ session: "at", at, isReply }, "*"); };
  window.addEventListener("message", (event) => {
    const said = event.data;
    if (!said || typeof said !== "object" || !screens[0]) return;
    const source = event.source;
    if (!isPresenter && source && source !== window && source.opener === window) peer = source; /* this page may be loaded anew */
    if (said.session === "hello" && source === peer) {
      tell(true);
    } else if (said.session === "at" && !(said.isReply && hasTurned) && source === peer && Number.isInteger(said.at) && screens[said.at]) {
      show(said.at, false);
    }
  });

  let show = () => {};
  const key = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const inside = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape") {
      if (inside.matches("input, select")) inside.blur(); else back();
      return;
    }
    if (inside.matches("input, select, textarea")) return;
    if ((event.key === " " || event.key === "Enter") && inside.matches("a, button, summary")) return;
    const actions = {
      ArrowRight: () => show(at + 1), PageDown: () => show(at + 1), ArrowLeft: () => show(at - 1), PageUp: () => show(at - 1),
      Home: () => show(0), End: () => show(screens.length - 1), " ": () => space(event.shiftKey),
      e: evidence, E: evidence, p: present, P: present, f: full, F: full,
    };
    const action = actions[event.key];
    if (action) { event.preventDefault(); action(); }
  };
  const space = (isBack) => {
    const { top, bottom } = screens[at].getBoundingClientRect();
    if (!isPresenter && !isBack && bottom > innerHeight + 8 && top > -bottom) scrollBy(0, 0.85 * innerHeight);
    else show(at + (isBack ? -1 : 1));
  };
  const full = () => {
    if (document.fullscreenElement) document.exitFullscreen(); else if (root.requestFullscreen) root.requestFullscreen();
  };
  const evidence = () => {
    const link = screens[at].querySelector(".to-evidence");
    const place = document.getElementById(link ? link.getAttribute("href").slice(1) : "reports");
    if (isPresenter || !place) return;
    came = at;
    for (let node = place; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
    place.scrollIntoView({ block: "start" });
    place.setAttribute("tabindex", "-1");
    place.focus({ preventScroll: true });
  };
  const back = () => { if (came !== null) show(came); };
  const present = () => {
    if (!isPresenter) window.open(location.href.split("#")[0] + "#presenter", "_blank", "popup,width=1280,height=800");
  };
  document.addEventListener("keydown", key);

  const bar = () => {
    const nav = make("nav", { class: "bar", "aria-label": "Screens" });
    const button = (words, label, action) => {
      const made = make("button", { type: "button", "aria-label": label, title: label }, words);
      made.addEventListener("click", action);
      return made;
    };
    const place = make("output", { class: "place" });
    nav.append(
      button("\u2039", "Previous screen (left arrow)", () => show(at - 1)), place,
      button("\u203a", "Next screen (right arrow or space)", () => show(at + 1)),
      button("Evidence", "Evidence for this screen (E), and back (Escape)", () => (came === null ? evidence() : back())),
      button("Presenter", "Presenter's view in a second window (P)", present),
    );
    document.body.prepend(nav);
    return place;
  };

  /* The audience sees all screens below each other, and one at a time. */
  const audience = () => {
    const place = bar();
    const say = () => {
      place.textContent = `${at + 1} / ${screens.length}`;
      screens.forEach((screen, number) => screen.toggleAttribute("data-now", number === at));
    };
    show = (number, isMine = true) => {
      at = Math.min(Math.max(number, 0), screens.length - 1);
      came = null;
      screens[at].scrollIntoView({ block: "start" });
      if (isMine) screens[at].focus({ preventScroll: true });
      say();
      if (isMine) tell();
    };
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        const middle = innerHeight / 2;
        const seen = screens.findIndex((screen) => {
          const { top, bottom } = screen.getBoundingClientRect();
          return top <= middle && bottom > middle;
        });
        if (seen < 0 || seen === at) return;
        at = seen;
        came = null;
        say();
        tell();
      });
    }, { passive: true });
    addEventListener("resize", () => { if (came === null && scrollY > 0) screens[at].scrollIntoView({ block: "start" }); });
    const asked = screens.findIndex((screen) => "#" + screen.id === location.hash);
    at = Math.max(0, asked);
    say();
  };

  /* The presenter sees this screen and the next, what to say, and the clock. */
  const desk = () => {
    const table = make("div", { id: "desk" }), now = make("div", { class: "preview" }), next = make("div", { class: "preview" });
    const notes = make("div", { class: "said-here", tabindex: 0, role: "group", "aria-label": "Notes" });
    const clock = make("p", { class: "clock" }), plan = make("p", { class: "plan" }), buttons = make("p", { class: "buttons" });
    const labelled = (words, node, heading = "h2") => {
      const box = make("section", { class: "box", "aria-label": words });
      box.append(make(heading, {}, words), node);
      return box;
    };
    const button = (words, action) => {
      const made = make("button", { type: "button" }, words);
      made.addEventListener("click", action);
      buttons.append(made);
    };
    button("\u2039 Back", () => show(at - 1));
    button("Next \u203a", () => show(at + 1));
    let begun = Date.now();
    button("Restart the clock", () => { begun = Date.now(); tick(); });
    const side = make("div", { class: "side" });
    side.append(clock, plan, buttons, labelled("Next", next));
    table.append(labelled("Now", now, "h1"), side, labelled("Say", notes));
    document.querySelector("main").replaceChildren(table);
    const fit = () => {
      for (const preview of [now, next]) preview.style.setProperty("--scale", preview.clientWidth / 1920);
    };
    const preview = (box, screen) => {
      box.replaceChildren();
      if (!screen) return;
      const copy = screen.cloneNode(true);
      for (const node of [copy, ...copy.querySelectorAll("[id]")]) node.removeAttribute("id");
      copy.setAttribute("inert", "");
      copy.setAttribute("aria-hidden", "true");
      box.append(copy);
    };
    const minutes = screens.map((screen) => Number(screen.dataset.minutes));
    const said = (ms) => {
      const seconds = Math.max(0, Math.floor(ms / 1000));
      return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    };
    const tick = () => {
      const due = minutes.slice(0, at + 1).reduce((sum, each) => sum + each, 0);
      clock.textContent = `${new Date().toTimeString().slice(0, 5)}  \u00b7  ${said(Date.now() - begun)} of ${minutes.reduce((a, b) => a + b, 0)} min`;
      plan.textContent = `Screen ${at + 1} of ${screens.length}, ${minutes[at]} min, until minute ${due}`;
    };
    show = (number, isMine = true) => {
      at = Math.min(Math.max(number, 0), screens.length - 1);
      preview(now, screens[at]);
      preview(next, screens[at + 1]);
      notes.replaceChildren(screens[at].querySelector(".notes-text").cloneNode(true));
      notes.scrollTop = 0;
      fit();
      tick();
      if (!isMine) return;
      hasTurned = true; /* an answer from before that comes late turns nothing back */
      tell();
    };
    addEventListener("resize", fit);
    setInterval(tick, 1000);
    document.title = "Presenter: " + document.title;
    show(0, false);
    if (peer && !peer.closed) peer.postMessage({ session: "hello" }, "*");
  };

  root.classList.add("live");
  if (isPresenter) { root.classList.add("presenter"); desk(); } else audience();
})();
