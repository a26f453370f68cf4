// Light and dark: the system's choice until the visitor makes one, which is remembered.
(() => {
  "use strict";
  const {one} = window.summit;
  const THEME = "summit-qa-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function kept() {
    try { return localStorage.getItem(THEME); } catch { return null; }
  }

  const theme = () => kept() ?? (system.matches ? "dark" : "light");

  function paint() {
    const dark = theme() === "dark";
    if (document.body && document.body.classList.contains("dark") !== dark) {
      document.body.classList.toggle("dark", dark);
    }
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
    const button = one("#theme-button");
    const label = dark ? "Light" : "Dark";
    if (button && button.textContent !== label) button.textContent = label;
  }

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#theme-button")) return;
    try { localStorage.setItem(THEME, theme() === "dark" ? "light" : "dark"); } catch { /* none */ }
    paint();
  });

  // Gradio sets the theme itself, some time after this script has run.
  window.summit.paint = paint;
  window.summit.followTheme = () => {
    paint();
    system.addEventListener("change", paint);
    new MutationObserver(paint).observe(document.body, {attributeFilter: ["class"]});
  };
})();
