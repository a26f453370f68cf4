// Pages of a PDF as they look, in place of their lines; drawn by the server.
(() => {
  "use strict";
  const {one} = window.summit;

  function button(label, text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = text;
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  function picture(control) {
    const total = Number(control.dataset.pages);
    let page = Number(control.dataset.page);
    const box = document.createElement("div");
    const image = document.createElement("img");
    const steps = document.createElement("div");
    const told = document.createElement("span");
    const show = (by) => {
      page = Math.min(total, Math.max(1, page + by));
      image.alt = `Page ${page}`;
      told.textContent = `Page ${page} of ${total}`;
      image.src = new URL(control.dataset.from + page, document.baseURI);
    };
    image.addEventListener("error", () => { told.textContent = "The page cannot be drawn."; });
    box.className = "page-picture";
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", "The page as it looks");
    steps.className = "page-steps";
    steps.append(button("Previous page", "‹", () => show(-1)), told,
      button("Next page", "›", () => show(1)));
    box.append(steps, image);
    show(0);
    return box;
  }

  document.addEventListener("click", (event) => {
    const control = event.target.closest?.("button[data-pages]");
    if (!control) return;
    const reader = control.closest(".reader");
    const lines = one(".lines", reader);
    const open = control.getAttribute("aria-pressed") !== "true";
    control.setAttribute("aria-pressed", String(open));
    control.textContent = open ? "See the text" : `See page ${control.dataset.page}`;
    one(".page-picture", reader)?.remove();
    lines.hidden = open;
    if (open) lines.after(picture(control));
  });
})();
