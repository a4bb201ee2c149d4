"use strict";
// Keeps the page of a running stage up to date. The work needs neither this page nor the server.
const section = document.getElementById("running");
const [step, bar, time, events, lost] = ["step", "bar", "time", "events", "lost"].map((id) => document.getElementById(id));

function text(element, words) {
  if (element.textContent !== words) element.textContent = words; // readers of screens hear what is new
}

function show(state) {
  lost.hidden = true;
  text(step, state.step);
  text(time, state.time);
  if (state.total) {
    bar.max = state.total;
    bar.value = state.done;
  } else {
    bar.removeAttribute("value");
  }
  if (events.children.length !== state.events.length || events.lastElementChild?.textContent !== state.events.at(-1)) {
    events.replaceChildren(...state.events.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
  }
}

async function look() {
  try {
    const answer = await fetch(section.dataset.state);
    if (!answer.ok) throw new Error(answer.statusText);
    const state = await answer.json();
    if (state.state !== "running") {
      location.reload();
      return;
    }
    show(state);
  } catch {
    lost.hidden = false;
  }
  setTimeout(look, 1000);
}

setTimeout(look, 1000);
