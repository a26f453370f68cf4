// Who goes through the questions of an evaluation by keyboard stays there when the next is drawn.
(() => {
  "use strict";
  const {one, scrollTo, when} = window.summit;
  let under = false;

  for (const kind of ["click", "submit"]) {
    document.addEventListener(kind, (event) => {
      if (event.target.closest?.("#walk button, #walk form")) under = true;
    });
  }

  when("walk", (element) => {
    if (!under || (document.activeElement && document.activeElement !== document.body)) return;
    under = false;
    const title = one("#walk-title, h2", element);
    title?.setAttribute("tabindex", "-1");
    title?.focus({preventScroll: true});
    scrollTo(one(".walk", element), "nearest");
  });
})();
