// Which files are asked: a tick is sent to the server, which draws the list anew.
(() => {
  "use strict";
  const {all, one, when, send} = window.summit;
  const ticked = new Map();  // by what is ticked: how, and the number of the tick
  let number = 0;
  let last = "";  // what was ticked, so that the keyboard stays there

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.matches?.("#chooser input[type=checkbox]")) return;
    last = box.dataset.payload;
    number += 1;
    ticked.set(last, {on: box.checked, number});
    send("chooser", "choose", {...JSON.parse(last), on: box.checked, tick: number});
  });

  when("chooser", (element) => {
    const answered = Number(one("[data-tick]", element)?.dataset.tick ?? 0);
    for (const [box, tick] of ticked) if (tick.number <= answered) ticked.delete(box);
    for (const box of all("input[type=checkbox]", element)) {
      // What was ticked by hand stays so in the browser, whatever the server has drawn since:
      // the server is right, but for ticks that it had not heard of.
      const tick = ticked.get(box.dataset.payload);
      box.checked = tick?.on ?? box.hasAttribute("checked");
      box.indeterminate = !tick && box.hasAttribute("data-mixed");
      if (box.dataset.payload === last && document.activeElement === document.body) box.focus();
    }
    if (!ticked.size) last = "";
  });
})();
