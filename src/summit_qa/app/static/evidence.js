// Marks in an answer, the cards beside it, and the source that opens in place of the cards. What
// is lit is kept here, apart from the HTML, because each drawing replaces that.
(() => {
  "use strict";
  const {one, all, narrow, scrollTo, when} = window.summit;
  const shown = {turn: "", card: "", lastTurn: "", growing: false};
  let opening = false;  // a source was asked for and is on its way

  const column = () => one("#evidence-column");
  const reading = () => column()?.classList.contains("reading");

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

  // The evidence of a narrow screen is a sheet over the answer.
  function sheet(open) {
    const panel = column();
    if (!panel) return;
    panel.classList.toggle("sheet", open);
    document.body.classList.toggle("sheet-open", open && narrow.matches);
  }

  function light(key) {
    column()?.classList.remove("choosing");
    shown.card = key;
    shown.turn = key.split("-")[0];
    lightEvidence();
    sheet(true);
    if (reading()) {  // the source is open: show where this one stands
      const place = one(`#evidence [data-card="${CSS.escape(key)}"] .place`);
      if (place) { opening = true; place.click(); return; }
      closeSource();
    }
    const card = one(`#evidence [data-card="${CSS.escape(key)}"]`);
    if (!card) return;
    card.focus({preventScroll: true});
    scrollTo(card, "nearest");
  }

  // ---- the source beside the answer

  function openSource(element) {
    const lines = one(".lines", element);
    if (!lines) return;
    column().classList.add("reading");
    sheet(true);
    const cards = all("#evidence [data-cards]:not([hidden]) [data-card]");
    const at = cards.findIndex((card) => card.dataset.card === shown.card);
    const told = one(".source-at", element);
    for (const step of all("[data-step]", element)) step.disabled = cards.length < 2 || at < 0;
    if (told) told.textContent = at < 0 ? "" : `${at + 1} of ${cards.length}`;
    center(lines, one("[data-lit]", element));
    lines.focus({preventScroll: true});
  }

  function center(lines, lit) {
    // It may only just have been shown: its lines have no place before it is painted.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      if (lit && lines.clientHeight) {
        const above = lit.getBoundingClientRect().top - lines.getBoundingClientRect().top;
        lines.scrollTop += above - lines.clientHeight / 3;
      }
    }));
  }

  function step(by) {
    const cards = all("#evidence [data-cards]:not([hidden]) [data-card]");
    const at = cards.findIndex((card) => card.dataset.card === shown.card);
    if (cards.length < 2 && at >= 0) return;
    const next = cards[(at + by + cards.length) % cards.length];
    if (next) light(next.dataset.card);
  }

  function closeSource() { column()?.classList.remove("reading"); }

  // Back to the answer, to the mark that led here.
  function back() {
    closeSource();
    column()?.classList.remove("choosing");
    sheet(false);
    const mark = one(`#conversation [data-mark="${CSS.escape(shown.card)}"]`);
    (mark ?? one("#question textarea"))?.focus({preventScroll: Boolean(mark)});
    if (mark) scrollTo(mark, "nearest");
  }

  // ---- after each drawing

  when("conversation", (element) => {
    const last = all(".turn", element).at(-1);
    const number = last?.dataset.turn ?? "";
    if (number !== shown.lastTurn) {
      shown.lastTurn = shown.turn = number;
      shown.card = "";
      shown.growing = ["waiting", "running"].includes(last?.dataset.state);
      closeSource();
      sheet(false);
      column()?.classList.remove("choosing");
      if (last && !shown.growing) scrollTo(last, "start");
    }
    // A new question goes to the top; once more when its answer is whole and gives it room.
    if (shown.growing) scrollTo(last, "start");
    shown.growing &&= ["waiting", "running"].includes(last?.dataset.state);
    lightEvidence();
  });
  when("evidence", lightEvidence);
  when("source", (element) => {
    if (opening) openSource(element);
    opening = false;
  });
  for (const panel of ["reader", "walk-source"]) when(panel, (element) => {
    const lines = one(".lines", element);
    if (!lines) return;
    center(lines, one("[data-lit]", element));
    if (!opening) return;
    opening = false;
    requestAnimationFrame(() => {
      lines.focus({preventScroll: true});
      scrollTo(one(".reader", element), "nearest");
    });
  });

  // Who scrolls or clicks while an answer grows is not moved any more.
  for (const kind of ["wheel", "touchmove", "pointerdown"]) {
    document.addEventListener(kind, () => { shown.growing = false; }, {passive: true});
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button, summary");
    if (!button) {
      // A card opens its file wherever it is clicked, unless words in it are being selected.
      const quote = event.target.closest?.(".card > .quoted");
      if (quote && getSelection().isCollapsed) one(".place", quote.closest(".card")).click();
      return;
    }
    const card = button.closest("[data-card]");
    if (card) {
      shown.card = card.dataset.card;
      lightEvidence();
    }
    if (button.matches(".around-button")) {
      button.setAttribute("aria-expanded", String(card.classList.toggle("wide")));
    } else if (button.matches(".unfold")) {
      const open = button.parentElement.classList.toggle("unfolded");
      button.setAttribute("aria-expanded", String(open));
      button.textContent = open ? "Show less" : "Show all of it";
    } else if (button.matches(".show-nearest")) sheet(true);
    else if (button.dataset.mark) light(button.dataset.mark);
    else if (button.dataset.send === "open") {
      if (!card && button.closest("#chat-row") && !button.closest("#source")) shown.card = "";
      opening = true;
    } else if (button.dataset.step) step(Number(button.dataset.step));
    else if (button.matches(".back")) back();
    else if (button.id === "scope-button") {
      closeSource();
      sheet(column().classList.toggle("choosing"));
      one("#seek textarea, #seek input")?.focus();
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
    if (one("#settings.open")) return;
    const open = reading() || column()?.classList.contains("sheet");
    if (event.key === "Escape" && open && column()?.offsetParent) {
      event.preventDefault();
      back();
    } else if (["n", "p"].includes(event.key) && one("#evidence [data-card]") &&
        column()?.offsetParent) {
      event.preventDefault();
      step(event.key === "n" ? 1 : -1);
    }
  });
})();
