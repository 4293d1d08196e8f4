// What others do appears by itself. One tab of the browser holds the stream and tells the other tabs: browsers allow
// six connections to a host. Facts only say which case changed; the page asks the server for its parts again.

import { say } from "./toasts.js";

const TOGETHER = 300; // ms in which facts become one request
const AIMING = 2000; // ms after the pointer moved over the list in which rows keep their places
const LOST = 3000;
const LEADER = "desk.live";
// These come to whom they concern alone.
const PERSONAL = ["case.mentioned", "case.notified"];

const changed = new Set();
const unseen = new Set();
let timer = 0;
let stale = false;
let aimed = -AIMING;
let lost = 0;
const title = () => document.title.replace(/^\(\d+\) /, "");

function ask(name) {
  document.body.dispatchEvent(new CustomEvent(name));
}

function refresh() {
  timer = 0;
  if (document.hidden) {
    stale = true;
    return;
  }
  const open = document.getElementById("conversation")?.dataset.case;
  if (open && (changed.has("all") || changed.has(Number(open)))) ask("desk:case");
  const wait = AIMING - (performance.now() - aimed);
  if (wait > 0) {
    announce();
    timer = setTimeout(refresh, wait);
    changed.delete("all");
    changed.delete(Number(open));
    return;
  }
  changed.clear();
  announce();
  ask("desk:list");
}

// "3 cases changed" beside the title while the pointer is about to choose a row: nothing moves under it.
function announce() {
  const button = document.getElementById("fresh");
  if (!button) return;
  const number = changed.size - changed.has("all");
  button.hidden = !number;
  button.textContent = number === 1 ? button.dataset.one : button.dataset.many.replace("#", number);
}

function hear({ type, fact }) {
  if (type === "lost" || type === "back") return connection(type);
  changed.add(type === "fact" ? fact.case : "all");
  if (fact?.kinds.some((kind) => PERSONAL.includes(kind))) say("asked", { kind: "ok", id: "asked" });
  if (document.hidden && fact?.kinds.includes("message.added")) {
    unseen.add(fact.case);
    document.title = `(${unseen.size}) ${title()}`;
  }
  timer ||= setTimeout(refresh, TOGETHER);
}

function connection(type) {
  const there = document.getElementById("toast-lost");
  document.body.dataset.live = type === "back" ? "on" : "off";
  if (type === "lost" && !there) say("lost", { kind: "danger", stay: true, id: "lost" });
  if (type === "back" && there) {
    there.remove();
    say("back", { kind: "ok" });
  }
}

// Opens the stream, and opens it again where the browser does not do so by itself.
function listen(address, tell) {
  const source = new EventSource(address);
  let greeted = false;
  const down = () => (lost ||= setTimeout(() => tell({ type: "lost" }), LOST));
  const up = () => {
    clearTimeout(lost);
    lost = 0;
    tell({ type: "back" });
  };
  source.addEventListener("open", up);
  source.addEventListener("hello", () => {
    // The first greeting: whatever happened since the page was made. Later ones come after what was missed.
    if (!greeted) tell({ type: "resync" });
    greeted = true;
  });
  source.addEventListener("resync", () => tell({ type: "resync" }));
  source.addEventListener("message", (event) => tell({ type: "fact", fact: JSON.parse(event.data) }));
  source.addEventListener("error", () => {
    down();
    if (source.readyState !== EventSource.CLOSED) return;
    // The server said no: signed out, or not there. Asking for the list leads to the sign-in page, if need be.
    tell({ type: "resync" });
    setTimeout(() => listen(address, tell), 5000 + Math.random() * 5000);
  });
}

export function startLive(address) {
  const others = new BroadcastChannel(LEADER);
  others.addEventListener("message", (event) => hear(event.data));
  const tell = (news) => {
    hear(news);
    others.postMessage(news);
  };
  // Held until the tab closes; then the next tab in line opens a stream of its own.
  if (navigator.locks) navigator.locks.request(LEADER, () => new Promise(() => listen(address, tell)));
  else listen(address, tell);

  document.addEventListener("pointermove", (event) => {
    if (event.target.closest?.("#rows")) aimed = performance.now();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("#fresh")) return;
    aimed = -AIMING;
    refresh();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    unseen.clear();
    document.title = title();
    if (stale) {
      stale = false;
      hear({ type: "resync" });
    }
  });
  addEventListener("offline", () => connection("lost"));
}
