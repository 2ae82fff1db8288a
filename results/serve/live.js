// Fills the progress bar of a run that is going on, and loads the page anew when it has ended.
"use strict";
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
  });
  source.addEventListener("end", () => { source.close(); location.reload(); });
}
