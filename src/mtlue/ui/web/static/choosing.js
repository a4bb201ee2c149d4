"use strict";
// Keeps times and sizes beside the choices true to the tasks that are ticked and the size that is chosen.
const choices = document.getElementById("choices");
const sum = document.getElementById("sum");
const ticks = [...choices.querySelectorAll("input[name=protected]")];
let latest = 0;

function chosen(name) {
  return choices.querySelector(`input[name=${name}]:checked`)?.value ?? "";
}

function place(kind, words) {
  for (const one of choices.querySelectorAll(`[data-${kind}]`)) {
    if (one.dataset[kind] in words) one.textContent = words[one.dataset[kind]];
  }
}

function told(kind, name) {
  const found = [...choices.querySelectorAll(`[data-${kind}]`)].find((one) => one.dataset[kind] === chosen(name));
  return found.textContent;
}

function add() {
  sum.textContent = `As chosen: about ${told("time", "preset")} on this computer, and files of about ${told("size", "strength")}.`;
  sum.hidden = false;
}

function stopsAtNone() { // the browser says it beside the first box, and sends nothing
  const none = ticks.length && !ticks.some((tick) => tick.checked);
  ticks[0]?.setCustomValidity(none ? "Choose at least one task to protect." : "");
  return none;
}

async function update() {
  const asked = ++latest;
  const unprotected = ticks.filter((tick) => !tick.checked).map((tick) => ["unprotected", tick.value]);
  const answer = await fetch(`${choices.dataset.times}?${new URLSearchParams([["size", chosen("size")], ...unprotected])}`);
  if (!answer.ok || asked !== latest) return; // what was chosen since has its own answer
  const words = await answer.json();
  place("time", words.times);
  place("size", words.sizes);
  add();
}

choices.addEventListener("change", (event) => {
  if (stopsAtNone()) {
    latest += 1;
    sum.textContent = "No task is chosen: choose at least one to protect.";
    sum.hidden = false;
  } else if (["protected", "size"].includes(event.target.name)) update().catch(() => {}); // without the server the last ones stay
  else add();
});
if (!stopsAtNone()) add();
const changed = ticks.some((tick) => !tick.checked) || ![choices.dataset.usual, ""].includes(chosen("size"));
if (changed && !stopsAtNone()) update().catch(() => {}); // the times on the page are those of the usual size, and of all tasks
