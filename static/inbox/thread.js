// The timeline opens at its end and stays there as long as the reader does.

const NEAR = 80;
let shown = null;
let atEnd = true;

function scroller() {
  return document.querySelector(".conversation .scroll");
}

function toEnd(pane) {
  pane.scrollTop = pane.scrollHeight;
}

function follow() {
  const pane = scroller();
  if (!pane) {
    shown = null;
    return;
  }
  if (pane.id !== shown) {
    shown = pane.id;
    atEnd = true;
    pane.addEventListener("scroll", () => {
      atEnd = pane.scrollHeight - pane.scrollTop - pane.clientHeight < NEAR;
    });
  }
  if (atEnd) toEnd(pane);
}

export function startThread() {
  document.addEventListener("htmx:after:swap", follow);
  addEventListener("resize", follow);
  follow();
}
