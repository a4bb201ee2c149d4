"use strict";
// Sends a dropped or chosen folder file by file, or a zip file whole, to this computer's own server.
const zone = document.getElementById("drop");
const [panel, words, bar, stop, fault] = ["upload", "upload-text", "upload-bar", "upload-cancel", "upload-error"].map((id) =>
  document.getElementById(id),
);
const AT_ONCE = 4;
const GONE = "The upload broke off: mtlue ui has stopped, or a file could not be read. If it has stopped, start it again.";
let running = null;

async function ask(method, path, body) {
  const answer = await fetch(zone.dataset.uploads + path, { method, body, signal: running?.signal });
  const found = await answer.json().catch(() => ({ detail: answer.statusText }));
  if (!answer.ok) throw new Error(found.detail);
  return found;
}

async function filesIn(entry, way = "") {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ path: way + entry.name, file }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) { // a reader gives a hundred entries at a time
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return found;
    for (const one of entries) found.push(...(await filesIn(one, `${way}${entry.name}/`)));
  }
}

async function sendFiles(key, files) {
  const queue = [...files].reverse();
  let done = 0;
  async function worker() {
    for (let one = queue.pop(); one; one = queue.pop()) {
      await ask("PUT", `/${key}/file?path=${encodeURIComponent(one.path)}`, one.file);
      done += 1;
      bar.value = done / files.length;
      if (done % 25 === 0 || done === files.length) words.textContent = `${done} of ${files.length} files copied`;
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function sendArchive(key, file) {
  bar.removeAttribute("value");
  words.textContent = `Copying and unpacking ${file.name}`;
  await ask("PUT", `/${key}/archive`, file);
}

function inUnits(bytes) {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function complain(words) {
  fault.textContent = words;
  fault.hidden = false;
}

async function upload(files) {
  if (running) return;
  if (!files.length) {
    complain("There is no file in it. Choose the folder that holds your images.");
    return;
  }
  const zips = files.filter((one) => /^[^/]+\.zip$/i.test(one.path)); // one inside a folder is a file like any other
  running = new AbortController();
  [fault.hidden, panel.hidden, bar.value] = [true, false, 0];
  words.textContent = `${files.length} file${files.length === 1 ? "" : "s"} to copy`;
  let key = null;
  try {
    if (zips.length && files.length > 1) throw new Error("Drop one zip file alone, or one folder.");
    const size = files.reduce((sum, one) => sum + one.file.size, 0);
    if (size > Number(zone.dataset.limit)) {
      throw new Error(`${inUnits(size)} are more than the ${inUnits(Number(zone.dataset.limit))} that an upload may have. Choose the folder on this computer instead, where it need not be copied.`);
    }
    key = (await ask("POST", "")).key;
    await (zips.length ? sendArchive(key, files[0].file) : sendFiles(key, files));
    const first = files[0].path.split("/");
    const name = first.length > 1 || zips.length ? first[0].replace(/\.zip$/i, "") : "";
    location.href = (await ask("POST", `/${key}/end?name=${encodeURIComponent(name)}`)).to;
  } catch (error) {
    const cancelled = running.signal.aborted;
    running.abort(); // the other files
    running = null;
    if (key) ask("DELETE", `/${key}`).catch(() => {});
    panel.hidden = true;
    complain(cancelled ? "The upload was cancelled." : error instanceof TypeError ? GONE : error.message);
  }
}

for (const kind of ["dragover", "drop"]) { // what misses the zone does not lead away from the page
  window.addEventListener(kind, (event) => event.preventDefault());
}
zone.addEventListener("dragover", (event) => {
  event.preventDefault();
  zone.classList.add("over");
});
zone.addEventListener("dragleave", () => zone.classList.remove("over"));
zone.addEventListener("drop", async (event) => {
  event.preventDefault();
  zone.classList.remove("over");
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  upload((await Promise.all(entries.map((entry) => filesIn(entry)))).flat());
});
for (const input of document.querySelectorAll("input[type=file]")) {
  input.addEventListener("change", () => {
    upload([...input.files].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
    input.value = "";
  });
}
stop.addEventListener("click", () => running?.abort());
