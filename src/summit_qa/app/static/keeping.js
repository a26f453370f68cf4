// What is taken away from the page: answers on the clipboard, conversations and reports as files.
(() => {
  "use strict";
  const {one} = window.summit;
  const KINDS = {
    json: ["application/json", "json"],
    markdown: ["text/markdown", "md"],
    html: ["text/html", "html"],
  };

  async function copy(button) {
    const text = button.dataset.copy;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without HTTPS there is no clipboard; the old way still works.
      const area = document.createElement("textarea");
      area.value = text;
      area.className = "unseen";
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
      button.focus();
    }
    const label = one("span", button);
    if (!label) return;
    label.textContent = "Copied";
    setTimeout(() => { label.textContent = "Copy"; }, 1500);
  }

  window.summit.download = (content, kind) => {
    if (!content) return;
    const [type, ending] = KINDS[kind];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], {type: `${type};charset=utf-8`}));
    link.download = `summit-qa.${ending}`;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (button) copy(button);
  });
})();
