// The conversation that is open has its name in the address, so that reloading the page, going
// back and going forward open it again.
(() => {
  "use strict";
  const {one, send, when} = window.summit;
  let open = "";  // what the page shows; empty is a new conversation
  let asked = false;  // whether what the address names was asked for

  const named = () => location.hash.match(/^#c=([\w-]{6,40})$/)?.[1] ?? "";
  const address = (id) => location.pathname + location.search + (id ? `#c=${id}` : "");

  when("conversation", (element) => {
    const shown = one("[data-conversation]", element)?.dataset.conversation ?? "";
    if (!asked && named()) return;  // the first drawing, before the server knows what to show
    if (shown === open && shown === named()) return;
    // One that is not kept any more is no place to come back to.
    if (named() !== shown) {
      if (asked === "visit" && !shown) history.replaceState(null, "", address(""));
      else history.pushState(null, "", address(shown));
    }
    asked = true;
    open = shown;
  });

  when("rail", () => {
    if (asked) return;
    const id = named();
    if (!id) { asked = true; return; }
    asked = "visit";
    send("rail", "visit", {id});
  });

  // Another tab may have gone on with this conversation.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && asked) send("rail", "refresh", {});
  });

  window.addEventListener("popstate", () => {
    if (named() === open) return;
    open = named();
    send("rail", "visit", {id: open});
  });
})();
