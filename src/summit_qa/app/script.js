// What the page does in the browser: marks and cards, theme, settings drawer, copy, downloads,
// uploads. Everything that comes from the server is HTML that the server has escaped; nothing
// here makes markup of text.
(() => {
  "use strict";

  const THEME = "summit-qa-theme";
  const KINDS = {
    json: ["application/json", "json"],
    markdown: ["text/markdown", "md"],
    html: ["text/html", "html"],
  };
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const narrow = window.matchMedia("(max-width: 860px)");

  // ---- what is lit, kept apart from the HTML because each drawing replaces that

  const shown = {turn: "", card: "", lastTurn: "", growing: false};

  function scrollTo(element, block) {
    if (element) element.scrollIntoView({behavior: calm.matches ? "auto" : "smooth", block});
  }

  function lightEvidence() {
    const groups = all("#evidence [data-cards]");
    const wanted = groups.some((group) => group.dataset.cards === shown.turn)
      ? shown.turn
      : groups.at(-1)?.dataset.cards;
    for (const group of groups) group.hidden = group.dataset.cards !== wanted;
    for (const card of all("#evidence [data-card]")) {
      card.classList.toggle("lit", card.dataset.card === shown.card);
    }
    for (const mark of all("#conversation [data-mark]")) {
      const lit = mark.dataset.mark === shown.card;
      mark.classList.toggle("lit", lit);
      if (lit) mark.setAttribute("aria-current", "true");
      else mark.removeAttribute("aria-current");
    }
  }

  function light(key) {
    shown.card = key;
    shown.turn = key.split("-")[0];
    lightEvidence();
    const card = one(`#evidence [data-card="${CSS.escape(key)}"]`);
    if (!card) return;
    card.focus({preventScroll: true});
    scrollTo(card, narrow.matches ? "center" : "nearest");
  }

  // ---- called by the panels whenever the server has drawn them anew

  function drawn(element) {
    const panel = element.closest("#conversation, #evidence, #reader")?.id;
    if (panel === "conversation") {
      const last = all(".turn", element).at(-1);
      const number = last?.dataset.turn ?? "";
      if (number !== shown.lastTurn) {
        shown.lastTurn = shown.turn = number;
        shown.card = "";
        shown.growing = true;
      }
      // A new question goes to the top; once more when its answer is whole and gives it room.
      if (shown.growing) scrollTo(last, "start");
      shown.growing &&= ["waiting", "running"].includes(last?.dataset.state);
      lightEvidence();
    } else if (panel === "evidence") {
      lightEvidence();
    } else if (panel === "reader") {
      // The tab may only just have been opened: its lines have no place before it is painted.
      requestAnimationFrame(() => requestAnimationFrame(() => {
        const lines = one(".lines", element);
        const lit = one("[data-lit]", element);
        if (!lines || !lit || !lines.clientHeight) return;
        lines.scrollTop = lit.offsetTop - lines.offsetTop - lines.clientHeight / 3;
        if (opening) {
          opening = false;
          lines.focus({preventScroll: true});
          scrollTo(one(".reader", element), "nearest");
        }
      }));
    }
  }

  let opening = false;

  // ---- copy and download

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

  function download(content, kind) {
    if (!content) return;
    const [type, ending] = KINDS[kind];
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], {type: `${type};charset=utf-8`}));
    link.download = `summit-qa.${ending}`;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function focusQuestion() {
    const box = one("#question textarea, #question input");
    if (!box) return;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }

  // ---- light and dark

  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function kept() {
    try { return localStorage.getItem(THEME); } catch { return null; }
  }

  function theme() {
    return kept() ?? (system.matches ? "dark" : "light");
  }

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

  function otherTheme() {
    try { localStorage.setItem(THEME, theme() === "dark" ? "light" : "dark"); } catch { /* none */ }
    paint();
  }

  // ---- the settings drawer

  const drawer = () => one("#settings");

  function settings(open) {
    const panel = drawer();
    const button = one("#settings-button");
    if (!panel || !button) return;
    panel.classList.toggle("open", open);
    panel.inert = !open;
    button.setAttribute("aria-expanded", String(open));
    if (open) one("#settings-close").focus();
    else button.focus();
  }

  // ---- files that are added

  function row(list, name) {
    const item = document.createElement("li");
    const label = document.createElement("span");
    const state = document.createElement("span");
    label.textContent = name;
    label.dir = "auto";
    state.textContent = "sending…";
    item.append(label, state);
    list.append(item);
    return (text, kind) => { state.textContent = text; item.className = kind; };
  }

  async function send(list, file) {
    const say = row(list, file.name);
    try {
      const reply = await fetch(new URL("summit-qa/files", document.baseURI), {
        method: "POST",
        headers: {"X-File-Name": encodeURIComponent(file.name)},
        body: file,
      });
      const told = await reply.json().catch(() => ({error: "The server did not take the file."}));
      say(reply.ok ? "added" : told.error, reply.ok ? "added" : "refused");
      return reply.ok;
    } catch {
      say("The server could not be reached.", "refused");
      return false;
    }
  }

  async function sendAll(files) {
    const list = one("#uploads");
    if (!list) return;
    list.replaceChildren();
    let added = 0;
    for (const file of files) added += await send(list, file);
    if (added) one("#reindex")?.click();
  }

  function dropzone(element) {
    const zone = one(".dropzone", element);
    const input = one("input[type=file]", element);
    if (!zone || !input) return;
    input.addEventListener("change", async () => {
      const files = [...input.files];
      input.value = "";
      await sendAll(files);
    });
    for (const kind of ["dragenter", "dragover"]) {
      zone.addEventListener(kind, (event) => {
        event.preventDefault();
        zone.classList.add("over");
      });
    }
    for (const kind of ["dragleave", "drop"]) {
      zone.addEventListener(kind, (event) => {
        event.preventDefault();
        zone.classList.remove("over");
      });
    }
    zone.addEventListener("drop", (event) => sendAll([...event.dataTransfer.files]));
  }

  // Who scrolls or clicks while an answer grows is not moved any more.
  for (const kind of ["wheel", "touchmove", "pointerdown"]) {
    document.addEventListener(kind, () => { shown.growing = false; }, {passive: true});
  }

  // ---- what a click or a key means

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button, summary");
    if (!button) {
      // A card opens its file wherever it is clicked, unless words in it are being selected.
      const quote = event.target.closest?.(".card > blockquote");
      if (quote && getSelection().isCollapsed) one(".place", quote.closest(".card")).click();
      return;
    }
    if (button.dataset.mark) light(button.dataset.mark);
    else if (button.dataset.copy !== undefined) copy(button);
    else if (button.id === "theme-button") otherTheme();
    else if (button.id === "settings-button") settings(!drawer()?.classList.contains("open"));
    else if (button.id === "settings-close") settings(false);
    if (button.dataset.send === "open") opening = true;
  });

  // A click beside the drawer closes it, as Escape does.
  document.addEventListener("pointerdown", (event) => {
    const panel = drawer();
    if (!panel?.classList.contains("open")) return;
    if (!panel.contains(event.target) && !event.target.closest("#settings-button")) settings(false);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawer()?.classList.contains("open")) {
      event.preventDefault();
      settings(false);
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "/" && plain && !typing && one("#question")?.offsetParent) {
      event.preventDefault();
      focusQuestion();
    }
  });

  // Gradio builds the page some time after this script has run, and sets the theme itself.
  function ready() {
    paint();
    system.addEventListener("change", paint);
    new MutationObserver(paint).observe(document.body, {attributeFilter: ["class"]});
    const built = new MutationObserver(() => {
      const panel = drawer();
      if (!panel || !one("#theme-button")) return;
      built.disconnect();
      panel.inert = true;
      panel.setAttribute("role", "dialog");
      panel.setAttribute("aria-labelledby", "settings-title");
      paint();
    });
    built.observe(document.body, {childList: true, subtree: true});
  }

  if (document.body) ready();
  else document.addEventListener("DOMContentLoaded", ready);

  window.summit = {drawn, dropzone, focusQuestion, download};
})();
