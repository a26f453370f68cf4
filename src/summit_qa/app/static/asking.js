// The box of the question: "/" goes there, and the up arrow recalls what was asked.
(() => {
  "use strict";
  const {one, all} = window.summit;
  const box = () => one("#question textarea, #question input");
  let back = 0;  // how many questions ago the one in the box was asked; 0 is what was typed
  let typed = "";

  function focusQuestion() {
    const field = box();
    if (!field) return;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }
  window.summit.focusQuestion = focusQuestion;

  // As if it were typed, so that Gradio takes notice.
  function fill(field, value) {
    const type = field.tagName === "TEXTAREA" ? HTMLTextAreaElement : HTMLInputElement;
    Object.getOwnPropertyDescriptor(type.prototype, "value").set.call(field, value);
    field.dispatchEvent(new Event("input", {bubbles: true}));
    field.setSelectionRange(value.length, value.length);
  }

  function recall(field, by) {
    const asked = all("#conversation .question").map((it) => it.textContent);
    const wanted = back + by;
    if (wanted < 0 || wanted > asked.length) return false;
    if (!back) typed = field.value;
    back = wanted;
    fill(field, back ? asked.at(-back) : typed);
    return true;
  }

  document.addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
    if (!plain) return;
    const field = box();
    if (event.target === field) {
      const atStart = field.value === "" || back > 0;
      if (event.key === "ArrowUp" && atStart && recall(field, 1)) event.preventDefault();
      else if (event.key === "ArrowDown" && back > 0 && recall(field, -1)) event.preventDefault();
      else if (!event.key.startsWith("Arrow")) back = 0;
      return;
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && field?.offsetParent) {
      event.preventDefault();
      focusQuestion();
    }
  });
})();
