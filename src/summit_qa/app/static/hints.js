// Tables and lines of code that are wider than their place say that there is more beside.
(() => {
  "use strict";
  const {all} = window.summit;
  const WIDE = ".table, .cited.fixed, .statement .fixed";
  let asked = false;

  function mark() {
    asked = false;
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
