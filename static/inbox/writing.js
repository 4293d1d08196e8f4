// The composer: Ctrl+Enter sends, what is typed survives a reload and a failed request, each case has its own draft.

const KEY = "desk.draft.";

function composer() {
  return document.querySelector("form.composer");
}

function keep(form) {
  const text = form.elements.text.value;
  const name = KEY + form.dataset.draft;
  if (text.trim()) sessionStorage.setItem(name, JSON.stringify({ text, kind: form.elements.kind.value }));
  else sessionStorage.removeItem(name);
}

function restore(form) {
  const kept = sessionStorage.getItem(KEY + form.dataset.draft);
  if (!kept || form.elements.text.value) return;
  const { text, kind } = JSON.parse(kept);
  form.elements.text.value = text;
  form.elements.kind.value = kind;
}

// The words of the composer go with its kind.
function dress(form) {
  const kind = form.elements.kind.value;
  const area = form.elements.text;
  area.setAttribute("aria-label", area.dataset[kind]);
  area.placeholder = `${area.dataset[kind]}…`;
  const words = form.querySelector("[type=submit] [data-reply]");
  words.textContent = words.dataset[kind];
}

function prepare() {
  const form = composer();
  if (!form) return;
  restore(form);
  dress(form);
  form.querySelector(".kbd").hidden = false;
  if (/Mac|iP/.test(navigator.platform)) form.querySelector(".kbd").textContent = "⌘ ↵";
}

// Opens the composer for a reply or a note.
export function write(kind) {
  const form = composer();
  if (!form) return;
  form.elements.kind.value = kind;
  dress(form);
  form.elements.text.focus();
}

export function startWriting() {
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form.composer");
    if (form) keep(form);
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form.composer");
    if (form) dress(form);
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest?.("form.composer");
    if (form && event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      if (form.elements.text.value.trim()) form.requestSubmit(form.querySelector("[type=submit]"));
    }
  });
  // Only when the server has it, and before its page comes in, is the text let go.
  document.addEventListener("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.sourceElement.matches("form.composer") && ctx.response.status < 400) {
      ctx.sourceElement.elements.text.value = "";
      keep(ctx.sourceElement);
    }
  });
  document.addEventListener("htmx:after:swap", prepare);
  prepare();
}
