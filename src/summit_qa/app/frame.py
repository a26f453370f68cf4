"""What is around the panels: theme, head, header, and the bridge from clicks to the server."""

from __future__ import annotations

from importlib.resources import files

import gradio as gr

from summit_qa.app.markup import icon, name, text

# In the order in which they need each other.
_SCRIPTS = (
    "core", "theme", "drawers", "evidence", "choosing", "conversations", "asking", "adding",
    "pages", "keeping", "hints", "walking", "start",
)  # fmt: skip
_STYLES = (
    "colours", "ground", "bar", "rail", "chat", "composer", "evidence", "choosing", "source",
    "files", "evaluation", "walk", "settings", "phone",
)  # fmt: skip
# What a click inside our own HTML sends to the server. Gradio looks for the names of a
# component's events in this text.
BRIDGE = """
const known = ["ask", "open", "retry", "amend", "rate", "comment", "visit", "rename", "remove",
  "choose", "look", "refresh", "turn", "keep", "drop", "make",
  "undo"];
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-send]");
  if (button && element.contains(button) && known.includes(button.dataset.send)) {
    trigger(button.dataset.send, JSON.parse(button.dataset.payload || "{}"));
  }
});
element.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-send-form]");
  if (!form) return;
  event.preventDefault();
  const given = new FormData(form, event.submitter);
  // A name that ends in "[]" is a list.
  const fields = Object.fromEntries([...given.keys()].map((name) =>
    name.endsWith("[]") ? [name.slice(0, -2), given.getAll(name)] : [name, given.get(name)]));
  trigger(form.dataset.sendForm, {...JSON.parse(form.dataset.payload || "{}"), ...fields});
});
watch("value", () => window.summit && window.summit.drawn(element));
window.summit && window.summit.connect(element, trigger);
"""


def theme() -> gr.themes.Base:
    """Quiet colours, one accent, and the fonts of the reader's own system."""
    accent = gr.themes.Color(
        "#eef6f3", "#d7ebe4", "#b0d8ca", "#82c0ab", "#4fa48a", "#2b8a6e",
        "#17705a", "#125a49", "#0f473b", "#0c382f", "#062019",
    )  # fmt: skip
    grey = gr.themes.Color(
        "#faf9f7", "#f3f1ee", "#e6e3de", "#d2cec7", "#a6a19a", "#7b766f",
        "#5d5953", "#45423d", "#2c2a27", "#1e1d1b", "#151413",
    )  # fmt: skip
    sans = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Liberation Sans", "sans-serif"]
    mono = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Liberation Mono", "monospace"]
    return gr.themes.Base(
        primary_hue=accent, secondary_hue=accent, neutral_hue=grey, font=sans, font_mono=mono
    )


def head() -> tuple[str, str]:
    """What goes into the head of the page, and the script in it, whose hash is let through."""
    own = files("summit_qa.app").joinpath("static")
    style = "".join(own.joinpath(f"{it}.css").read_text(encoding="utf-8") for it in _STYLES)
    script = "".join(own.joinpath(f"{it}.js").read_text(encoding="utf-8") for it in _SCRIPTS)
    return f"<style>{style}</style><script>{script}</script>", script


def first() -> str:
    """The script that has to run before those of Gradio."""
    return files("summit_qa.app").joinpath("static", "leaving.js").read_text(encoding="utf-8")


def announced(said: str) -> str:
    """What a screen reader says when it changes."""
    return f'<div class="unseen" role="status" aria-live="polite">{text(said)}</div>'


def header(folder: str) -> str:
    """Name, folder, theme and settings, above the tabs."""
    return (
        '<header class="masthead"><button type="button" class="quiet" id="rail-button" '
        f'aria-expanded="false" aria-controls="rail-column" aria-label="Conversations">'
        f'{icon("menu")}</button><h1>Summit QA</h1><p title="The folder that answers come from">'
        f'{icon("folder")}<span dir="auto">{name(folder)}</span></p>'
        '<div><button type="button" class="quiet" id="theme-button">Dark</button>'
        '<button type="button" class="quiet" id="settings-button" aria-expanded="false" '
        'aria-controls="settings">Settings</button></div></header>'
    )


def settings_heading() -> str:
    """Title and close button of the drawer."""
    return (
        '<div class="settings-head"><h2 id="settings-title">Settings</h2>'
        '<button type="button" class="quiet" id="settings-close">Close</button></div>'
    )
