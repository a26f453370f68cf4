// Leaving the page while an answer is being made asks first. Runs before any script of Gradio's,
// which would let go of the answer even where the visitor then stays.
window.addEventListener("beforeunload", (event) => {
  if (!document.querySelector('.turn[data-state="waiting"], .turn[data-state="running"]')) return;
  event.preventDefault();
  event.stopImmediatePropagation();
});
