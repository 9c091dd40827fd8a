"use strict";
// Ask for this page again, and show what is new in it, part by part. It is parsed apart: nothing in it runs.
const part = (name, where = document) => where.getElementById(name);

async function follow() {
  try {
    const answer = await fetch("page", { cache: "no-store" });
    if (!answer.ok) throw new Error(answer.status);
    show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch (error) {
    part("ended").textContent = "Nothing more can be heard of the watch: it has ended. This is how it stood at last.";
    part("ended").hidden = false;
    return;
  }
  setTimeout(follow, 2000);
}

function show(fresh) {
  const now = [...part("now").children];
  for (const [place, child] of [...part("now", fresh).children].entries()) {
    if (now[place].isEqualNode(child)) continue;
    const hadFocus = now[place] === document.activeElement;
    now[place].replaceWith(child);
    if (hadFocus) child.focus();
  }
  const sentence = part("sentence").textContent;
  if (part("heard").textContent !== sentence) part("heard").textContent = sentence;
}

setTimeout(follow, 2000);
