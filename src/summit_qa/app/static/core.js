// What the other scripts share. Everything that comes from the server is HTML that the server has
// escaped; nothing in these files makes markup of text.
window.summit = (() => {
  "use strict";

  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const narrow = window.matchMedia("(max-width: 860px)");
  const panels = {};  // by the id of a panel: how to send the server something from it
  const hooks = {};  // by the id of a panel: what to do when the server has drawn it anew

  const idOf = (element) => element.closest(
    "#welcome, #conversation, #evidence, #chooser, #source, #rail, #reader, #files, #found, #scope, #told, #walk, #walk-source",
  )?.id;

  return {
    one, all, calm, narrow,

    scrollTo(element, block) {
      if (element) element.scrollIntoView({behavior: calm.matches ? "auto" : "smooth", block});
    },

    // Called by a panel when it is first there, with Gradio's own way to send an event.
    connect(element, trigger) {
      panels[idOf(element)] = trigger;
      this.drawn(element);
    },

    send(panel, event, payload) {
      if (!panels[panel]) return false;
      panels[panel](event, payload);
      return true;
    },

    when(panel, hook) { (hooks[panel] ??= []).push(hook); },

    // Called by a panel whenever the server has drawn it anew.
    drawn(element) { for (const hook of hooks[idOf(element)] ?? []) hook(element); },
  };
})();
