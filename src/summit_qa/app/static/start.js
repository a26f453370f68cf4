// Gradio builds the page some time after these scripts have run.
(() => {
  "use strict";
  const {one} = window.summit;

  function ready() {
    window.summit.followTheme();
    const built = new MutationObserver(() => {
      const panel = one("#settings");
      if (!panel || !one("#theme-button")) return;
      built.disconnect();
      window.summit.prepareSettings(panel);
      window.summit.paint();
    });
    built.observe(document.body, {childList: true, subtree: true});
  }

  if (document.body) ready();
  else document.addEventListener("DOMContentLoaded", ready);
})();
