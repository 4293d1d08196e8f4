/*
 * The phone: sends without leaving the page, and asks twice a second what is new. The server renders the parts;
 * here they are laid over the old ones, item by item, so that what is open stays open and only news moves.
 */
const script = document.getElementById("script");
const scroll = document.getElementById("scroll");
const composer = document.getElementById("composer");
const act = document.getElementById("act");
const EVERY = 500; // ms
let version = script.dataset.version;
let asking = null;

function clock(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const shape = { hour: "2-digit", minute: "2-digit", hour12: false, ...("seconds" in time.dataset && { second: "2-digit" }) };
    time.textContent = new Date(time.dateTime).toLocaleTimeString([], shape);
  }
}

function openParts(item) {
  return [...item.querySelectorAll("details[open]")].map((part) => part.id);
}

/** Makes `list` hold the items of `fresh`: known ones stay where they are, changed ones are exchanged. */
function merge(list, fresh) {
  const known = new Map([...list.children].map((item) => [item.id, item]));
  let place = null;
  for (const item of [...fresh.children]) {
    let shown = known.get(item.id);
    known.delete(item.id);
    if (!shown || shown.dataset.state !== item.dataset.state) {
      clock(item);
      for (const id of shown ? openParts(shown) : []) item.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
      if (!shown) item.classList.add("new");
      shown?.remove();
      shown = item;
    }
    const next = place ? place.nextElementSibling : list.firstElementChild;
    if (next !== shown) list.insertBefore(shown, next);
    place = shown;
  }
  for (const gone of known.values()) gone.remove();
}

async function ask() {
  const answer = await fetch(`${script.dataset.news}?version=${encodeURIComponent(version)}`);
  if (answer.status !== 200) return;
  const news = new DOMParser().parseFromString(await answer.text(), "text/html");
  version = news.querySelector("[data-version]").dataset.version;
  for (const list of document.querySelectorAll("[data-live]")) {
    const fresh = news.getElementById(list.id);
    if (fresh) merge(list, fresh);
  }
}

/** One question at a time; a lost connection is asked again with the next tick. */
function renew() {
  asking ??= ask()
    .catch(() => {})
    .finally(() => { asking = null; });
  return asking;
}

function tick() {
  const now = document.querySelector("[data-now]");
  now.textContent = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
  if (!document.hidden) renew();
}

async function post(url, body) {
  await fetch(url, { method: "POST", body, redirect: "manual" });
  await asking;
  await renew();
}

/** Shown at once, with the clock; the server's own bubble takes its place. */
function optimistic(text) {
  const item = document.createElement("li");
  item.className = "bubble mine new";
  item.id = `draft-${Date.now()}`;
  const box = item.appendChild(document.createElement("div"));
  box.className = "box";
  box.appendChild(document.createElement("p")).textContent = text;
  box.appendChild(document.createElement("footer")).textContent = "…";
  document.getElementById("hello")?.remove();
  document.getElementById("thread").append(item);
  scroll.scrollTop = 0;
}

composer.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = new FormData(composer);
  const text = body.get("text").trim();
  if (!text) return;
  composer.elements.text.value = "";
  optimistic(text);
  post(composer.action, body);
});

composer.elements.text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    composer.requestSubmit();
  }
});

act.addEventListener("submit", (event) => {
  if (!event.submitter || "leaves" in event.submitter.dataset) return;
  event.preventDefault();
  post(event.submitter.getAttribute("formaction") ?? act.action, new FormData(act, event.submitter));
});

// What opens at the lower edge comes into view.
document.addEventListener("toggle", ({ target }) => target.open && target.scrollIntoView({ block: "nearest" }), true);
document.addEventListener("visibilitychange", tick);
clock(document);
tick();
setInterval(tick, EVERY);
