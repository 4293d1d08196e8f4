// Pages that stand in a dialog over the case. Each is whole by itself: here a link with data-dialog opens its middle
// part, .dialog-part, in that dialog, and forms with data-in-dialog stay in it.

import { say } from "./toasts.js";

async function fetched(address, options) {
  const headers = { "HX-Request": "true", "HX-Current-URL": location.href };
  const answer = await fetch(address, { ...options, headers, credentials: "same-origin" });
  // Done, or signed out: the page below is to be another.
  const next = answer.headers.get("HX-Redirect");
  if (next) {
    location.assign(next);
    return null;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = page.querySelector(".dialog-part");
  if (!part) say("broken", { kind: "danger", id: "broken" });
  return part;
}

async function show(dialog, address, options) {
  dialog.setAttribute("aria-busy", "true");
  try {
    const part = await fetched(address, options);
    if (!part) return;
    dialog.replaceChildren(part);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
    (part.querySelector("[aria-invalid], [autofocus]") ?? part.querySelector("h2")).focus();
  } catch {
    say("failed", { kind: "danger", id: "failed" });
  } finally {
    dialog.removeAttribute("aria-busy");
  }
}

function send(form, button) {
  const dialog = form.closest("dialog");
  const data = new FormData(form, button);
  const address = new URL(form.action);
  if (form.method === "post") return show(dialog, address, { method: "POST", body: new URLSearchParams(data) });
  address.search = new URLSearchParams(data);
  return show(dialog, address);
}

export function startDialogs() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const opener = event.target.closest?.("a[data-dialog]");
    const closer = event.target.closest?.("dialog [data-closes]");
    if (!opener && !closer) return;
    event.preventDefault();
    if (closer) closer.closest("dialog").close();
    else show(document.getElementById(opener.dataset.dialog), opener.href);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("dialog form[data-in-dialog]")) return;
    event.preventDefault();
    if (form.closest("dialog").ariaBusy !== "true") send(form, event.submitter);
  });
}
