// Short words in the corner, and the guard before each swap: an answer that is no page of the inbox (a broken
// server, a proxy's error) must never replace the page, least of all the text that somebody is typing.

const SHORT = 2500;
const LONG = 8000;

export function toast(text, { kind = "", stay = false, id = "" } = {}) {
  const place = document.getElementById("toasts");
  document.getElementById(`toast-${id}`)?.remove();
  const line = document.createElement("p");
  line.className = `toast ${kind}`.trim();
  line.textContent = text;
  if (id) line.id = `toast-${id}`;
  place.append(line);
  if (!stay) setTimeout(() => line.remove(), kind === "danger" ? LONG : SHORT);
  return line;
}

export function say(key, options) {
  return toast(document.getElementById("toasts").dataset[key], options);
}

export function startToasts() {
  for (const line of document.querySelectorAll("#toasts > .toast")) setTimeout(() => line.remove(), SHORT);
  document.addEventListener("htmx:before:swap", (event) => {
    const { ctx, tasks } = event.detail;
    const main = tasks.find((task) => task.type === "main");
    if (ctx.select && main && !main.fragment.childElementCount) {
      event.preventDefault();
      say("broken", { kind: "danger", id: "broken" });
    }
  });
  document.addEventListener("htmx:error", (event) => {
    // An aborted request was replaced by a newer one.
    if (event.detail.error?.name === "AbortError") return;
    say("failed", { kind: "danger", id: "failed" });
  });
}
