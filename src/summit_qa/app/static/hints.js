// Tables and files that are wider than their place say that there is more beside; a row that
// answers is scrolled to the cell that does.
(() => {
  "use strict";
  const {all, one} = window.summit;
  const WIDE = ".table, .lines";
  let asked = false;

  function mark() {
    asked = false;
    for (const it of all(".table.row:not([data-placed])")) {
      const cell = one("td:has(strong)", it);
      if (!it.clientWidth) continue;
      it.setAttribute("data-placed", "");
      if (cell) it.scrollLeft = cell.offsetLeft + cell.offsetWidth / 2 - it.clientWidth / 2;
    }
    for (const it of all(WIDE)) {
      const more = it.scrollWidth - it.clientWidth - it.scrollLeft > 4;
      it.toggleAttribute("data-scrolls", more);
    }
  }

  function soon() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(mark);
  }

  new MutationObserver(soon).observe(document.documentElement, {childList: true, subtree: true});
  window.addEventListener("resize", soon);
  document.addEventListener("click", soon);  // a tab that is opened gives its tables a width
  document.addEventListener("scroll", (event) => {
    if (event.target.matches?.(WIDE)) soon();
  }, {capture: true, passive: true});
})();
