"use strict";
// Ask how far the run is, show it, and go to the report once it is there. All texts are set as texts, and a picture is parsed apart.
const part = (name) => document.getElementById(name);
let shown = 0;

async function follow() {
  let pause = 1;
  try {
    const answer = await fetch("state", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    const state = await answer.json();
    pause = state.pause;
    if (state.finished) return location.replace("report");
    show(state);
    if (state.picture > shown) await draw(state);
  } catch (error) {
    part("ended").textContent = "Nothing more can be heard of the run: it was ended, or its last words are in the terminal. Repeat its command to resume it.";
    part("ended").hidden = false;
    return;
  }
  setTimeout(follow, 1000 * pause);
}

function show(state) {
  part("bar").max = Math.max(state.total, 1);
  part("bar").value = state.done;
  part("counts").textContent = state.counts;
  part("left").textContent = state.left;
  part("trials").replaceChildren(...state.ended.map((name) => Object.assign(document.createElement("li"), { textContent: name })));
  part("trials").start = state.done;
}

async function draw(state) {
  const answer = await fetch("picture", { cache: "no-store" });
  if (!answer.ok) return;
  const drawn = new DOMParser().parseFromString(await answer.text(), "text/html");
  part("picture").replaceChildren(...drawn.querySelectorAll("svg"));
  part("basis").textContent = state.basis;
  shown = state.picture;
}

follow();
