// Fills the progress bar of a run that is going on, and loads the page anew when it has ended.
"use strict";
// counted is a number of verdicts in both languages; the page's style shows one.
function counted(part) {
  const box = document.createElement("span");
  box.className = part.class;
  for (const lang of ["en", "zh"]) {
    const text = document.createElement("span");
    text.lang = lang;
    text.textContent = part.n + " " + part[lang];
    box.append(text);
  }
  return box;
}
const box = document.getElementById("live");
if (box) {
  const source = new EventSource(box.dataset.events);
  source.addEventListener("progress", (event) => {
    const p = JSON.parse(event.data);
    box.querySelector("progress").value = p.done;
    for (const lang of ["en", "zh"]) {
      box.querySelector("output [lang=" + lang + "]").textContent = p.done + " / " + box.dataset.total + "  " + p.counts[lang] +
        "  " + p.last.slice(0, 200);
    }
    for (const cell of p.cells || []) {
      const td = document.querySelector('[data-cell="' + CSS.escape(cell.cell) + '"]');
      if (td) td.replaceChildren(...cell.parts.flatMap((part) => [counted(part), " "]));
    }
  });
  source.addEventListener("end", () => { source.close(); location.reload(); });
}
