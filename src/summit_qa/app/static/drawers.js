// What opens over the page: settings from the right, the conversations from the left where the
// screen has no room for them, and small forms in place (rename, change a question).
(() => {
  "use strict";
  const {one, when} = window.summit;
  let opened = "";  // the small form that is open: a drawing by the server must not close it
  let typed = null;  // the field that was last typed in, and what stands there

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
    opened = show ? form.id : "";
    typed = null;
    const other = one(`#${CSS.escape(form.dataset.instead)}`);
    if (other) other.hidden = show;
    if (show) {
      const field = one("textarea, input, button", form);
      field?.focus();
      field?.setSelectionRange?.(field.value.length, field.value.length);
    } else one(`[data-show="${CSS.escape(form.id)}"]`)?.focus();
  }

  const nameOf = (field) => field.id
    ? `#${CSS.escape(field.id)}`
    : `#${CSS.escape(field.form.id)} [name="${CSS.escape(field.name)}"]`;

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches?.("#conversation form *, #rail form *")) {
      typed = {field: nameOf(field), value: field.value};
    }
  });
  document.addEventListener("submit", () => { opened = ""; typed = null; });

  // Questions to go on with, or an answer elsewhere, may be drawn while somebody types.
  function takeUp(panel) {
    const form = opened && one(`#${CSS.escape(opened)}`, panel);
    if (form?.hidden) {
      const other = one(`#${CSS.escape(form.dataset.instead)}`);
      form.hidden = false;
      if (other) other.hidden = true;
    }
    const field = typed ? one(typed.field, panel) : form && one("textarea, input", form);
    if (!field) return;
    if (typed && field.value !== typed.value) field.value = typed.value;
    if (document.activeElement !== document.body) return;
    field.focus();
    field.setSelectionRange?.(field.value.length, field.value.length);
  }
  when("conversation", takeUp);
  when("rail", takeUp);

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
