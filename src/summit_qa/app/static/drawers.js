// What opens over the page: settings from the right, the conversations from the left where the
// screen has no room for them, and small forms in place (rename, change a question).
(() => {
  "use strict";
  const {one} = window.summit;

  function settings(open) {
    const panel = one("#settings");
    const button = one("#settings-button");
    if (!panel || !button) return;
    panel.classList.toggle("open", open);
    panel.inert = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) one("#settings-close").focus();
    else button.focus();
  }

  function rail(open) {
    const panel = one("#rail-column");
    const button = one("#rail-button");
    if (!panel || !button) return;
    panel.classList.toggle("open", open);
    button.setAttribute("aria-expanded", String(open));
    if (open) one("#clear")?.focus();
  }
  window.summit.closeRail = () => {
    if (one("#rail-column.open")) { rail(false); one("#rail-button").focus(); }
  };

  // data-show names a form that takes the place of the element that data-hides names.
  function inPlace(button, show) {
    const form = one(`#${CSS.escape(button.dataset.show ?? button.dataset.hide)}`);
    if (!form) return;
    form.hidden = !show;
    const other = one(`#${CSS.escape(form.dataset.instead)}`);
    if (other) other.hidden = show;
    if (show) {
      const field = one("textarea, input, button", form);
      field?.focus();
      field?.setSelectionRange?.(field.value.length, field.value.length);
    } else one(`[data-show="${CSS.escape(form.id)}"]`)?.focus();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button");
    if (!button) return;
    if (button.id === "settings-button") settings(!one("#settings.open"));
    else if (button.id === "settings-close") settings(false);
    else if (button.id === "rail-button") rail(!one("#rail-column.open"));
    else if (button.dataset.show) inPlace(button, true);
    else if (button.dataset.hide) inPlace(button, false);
    else if (button.dataset.send === "visit" || button.id === "clear") window.summit.closeRail();
  });

  // A click beside a drawer closes it, as Escape does.
  document.addEventListener("pointerdown", (event) => {
    const outside = (panel, button) =>
      panel && !panel.contains(event.target) && !event.target.closest(button);
    if (outside(one("#settings.open"), "#settings-button")) settings(false);
    if (outside(one("#rail-column.open"), "#rail-button")) rail(false);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const form = event.target.closest?.("form[data-instead]");
    if (one("#settings.open")) settings(false);
    else if (one("#rail-column.open")) window.summit.closeRail();
    else if (form) inPlace(one("[data-hide]", form), false);
    else return;
    event.preventDefault();
  });

  window.summit.prepareSettings = (panel) => {
    panel.inert = true;
    panel.setAttribute("role", "dialog");
    panel.setAttribute("aria-labelledby", "settings-title");
  };
})();
