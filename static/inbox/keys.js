// Single keys, outside of fields. A key belongs to the element that names it in aria-keyshortcuts.

import { write } from "./writing.js";

const OFF = "desk.keys";
const FIELDS = "input, textarea, select, [contenteditable], dialog[open] *";

function rows() {
  return [...document.querySelectorAll("#rows .row > :is(a, button)")];
}

function step(by) {
  const links = rows();
  if (!links.length) return;
  const here = links.indexOf(document.activeElement);
  const open = links.findIndex((link) => link.ariaCurrent === "true");
  const from = here >= 0 ? here : open;
  const next = from < 0 ? (by > 0 ? 0 : links.length - 1) : from + by;
  links[Math.max(0, Math.min(links.length - 1, next))].focus();
}

function press(key) {
  const named = [...document.querySelectorAll(`[aria-keyshortcuts="${CSS.escape(key)}"]`)];
  const seen = named.find((element) => element.checkVisibility()) ?? named.find((element) => element.matches("a"));
  if (!seen) return false;
  seen.click();
  seen.closest("details")?.querySelector("li button")?.focus();
  return true;
}

function act(key) {
  switch (key) {
    case "j": return step(1), true;
    case "k": return step(-1), true;
    case "o": return document.activeElement?.matches("#rows .row > :is(a, button)") && (document.activeElement.click(), true);
    case "r": return write("reply"), true;
    case "n": return write("note"), true;
    case "e": case "m": case "p": case "u": return press(key);
    case "?": return document.getElementById("keys").showModal(), true;
    default: return false;
  }
}

function off() {
  return localStorage.getItem(OFF) === "off";
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target.matches?.("form.composer textarea")) {
      event.target.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || off()) return;
    if (event.target.closest?.(FIELDS)) return;
    if (act(event.key)) event.preventDefault();
  });
  const choice = document.getElementById("keys-on");
  choice.checked = !off();
  choice.addEventListener("change", () => localStorage.setItem(OFF, choice.checked ? "on" : "off"));
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
  });
  show();
  document.addEventListener("htmx:after:swap", show);
}

// Buttons that only a script can serve are hidden until there is one.
function show() {
  for (const opener of document.querySelectorAll("[data-opens]")) opener.hidden = false;
}
