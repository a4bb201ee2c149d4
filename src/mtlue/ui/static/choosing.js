"use strict";
// Keeps the times beside the choices true to the tasks that are ticked.
const choices = document.getElementById("choices");
const ticks = [...choices.querySelectorAll("input[name=protected]")];
let latest = 0;

async function update() {
  const asked = ++latest;
  const unprotected = ticks.filter((tick) => !tick.checked).map((tick) => ["unprotected", tick.value]);
  const answer = await fetch(`${choices.dataset.times}?${new URLSearchParams(unprotected)}`);
  if (!answer.ok || asked !== latest) return; // what was ticked since has its own answer
  for (const [preset, words] of Object.entries(await answer.json())) {
    for (const place of choices.querySelectorAll("[data-time]")) {
      if (place.dataset.time === preset) place.textContent = words;
    }
  }
}

for (const tick of ticks) tick.addEventListener("change", () => update().catch(() => {})); // without the server the first times stay
if (ticks.some((tick) => !tick.checked)) update().catch(() => {}); // a browser may keep ticks when it goes back
