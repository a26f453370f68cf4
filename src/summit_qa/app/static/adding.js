// Files that are added: dropped anywhere on the page, or chosen. Progress is told where they were
// dropped, and what was added here can be taken away again.
(() => {
  "use strict";
  const {one, all} = window.summit;

  function row(list, name) {
    const item = document.createElement("li");
    const label = document.createElement("span");
    const bar = document.createElement("progress");
    const state = document.createElement("span");
    label.textContent = name;
    label.dir = "auto";
    bar.max = 1;
    bar.value = 0;
    bar.setAttribute("aria-label", `Sending ${name}`);
    state.textContent = "sending…";
    state.className = "state";
    item.append(label, bar, state);
    list.append(item);
    return {
      progress: (part) => { bar.value = part; },
      say: (text, kind) => { state.textContent = text; item.className = kind; bar.remove(); },
      item,
    };
  }

  // XMLHttpRequest, because fetch does not tell how much was sent.
  function post(file, shown) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", new URL("summit-qa/files", document.baseURI));
      request.setRequestHeader("X-File-Name", encodeURIComponent(file.name));
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) shown.progress(event.loaded / event.total);
      });
      request.addEventListener("load", () => {
        let told = {error: "The server did not take the file."};
        try { told = JSON.parse(request.responseText); } catch { /* not ours: a proxy's */ }
        resolve({ok: request.status === 200, ...told});
      });
      request.addEventListener("error", () =>
        resolve({ok: false, error: "The server could not be reached."}));
      request.send(file);
    });
  }

  // What is refused for the same reason is told in one row.
  function refuse(list, shown, name, error) {
    const same = all(".refused", list).find((it) => it.dataset.error === error);
    if (same) {
      one("span", same).textContent += `, ${name}`;
      shown.item.remove();
    } else {
      shown.item.dataset.error = error;
      shown.say(error, "refused");
    }
  }

  async function send(list, file) {
    const shown = row(list, file.name);
    const told = await post(file, shown);
    if (!told.ok) { refuse(list, shown, file.name, told.error); return 0; }
    shown.say("added", "added");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = "Remove";
    button.setAttribute("aria-label", `Remove ${told.file}`);
    button.addEventListener("click", () => remove(told, shown, button));
    shown.item.append(button);
    return 1;
  }

  async function remove(told, shown, button) {
    button.disabled = true;
    const reply = await fetch(new URL("summit-qa/files", document.baseURI), {
      method: "DELETE",
      headers: {"X-File-Name": encodeURIComponent(told.file)},
    }).catch(() => null);
    if (reply?.ok) {
      shown.say("removed", "removed");
      button.remove();
      one("#reindex")?.click();
    } else {
      shown.say("It could not be removed.", "refused");
      button.disabled = false;
    }
  }

  async function sendAll(files) {
    const lists = all(".uploads");
    const list = lists.find((it) => it.parentElement.offsetParent) ?? lists[0];
    if (!list || !files.length) return;
    list.replaceChildren();
    let added = 0;
    for (const file of files) added += await send(list, file);
    if (added) one("#reindex")?.click();
  }

  document.addEventListener("change", async (event) => {
    const input = event.target.closest?.("input[type=file].adds");
    if (!input) return;
    const files = [...input.files];
    input.value = "";
    await sendAll(files);
  });

  // The whole page takes what is dropped; the list that can be seen tells how it goes.
  let depth = 0;
  const holdsFiles = (event) => event.dataTransfer?.types?.includes("Files") && one(".uploads");
  const over = (on) => document.body.classList.toggle("dropping", on);
  document.addEventListener("dragenter", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth += 1;
    over(true);
  });
  document.addEventListener("dragover", (event) => {
    if (holdsFiles(event)) event.preventDefault();
  });
  document.addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    if (!depth) over(false);
  });
  document.addEventListener("drop", (event) => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth = 0;
    over(false);
    sendAll([...event.dataTransfer.files]);
  });
})();
