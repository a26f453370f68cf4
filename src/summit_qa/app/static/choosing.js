// Which files are asked: a tick is sent to the server, which draws the list anew.
(() => {
  "use strict";
  const {all, when, send} = window.summit;
  let last = "";  // what was ticked, so that the keyboard stays there

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.matches?.("#chooser input[type=checkbox]")) return;
    last = box.dataset.payload;
    send("chooser", "choose", {...JSON.parse(last), on: box.checked});
  });

  when("chooser", (element) => {
    for (const box of all("input[type=checkbox]", element)) {
      // What was ticked by hand stays so in the browser, whatever the server has drawn since.
      box.checked = box.hasAttribute("checked");
      box.indeterminate = box.hasAttribute("data-mixed");
      if (box.dataset.payload === last && document.activeElement === document.body) box.focus();
    }
    last = "";
  });
})();
