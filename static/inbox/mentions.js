// Naming colleagues in a note: an @ offers names. Typed in full, they mean the same without any of this.

const MOST = 8;
const LIST = "mention-list";
const BEGUN = /(?:^|[^\p{L}\p{N}_@])@([^@\n]{0,60})$/u;
const known = new Map();

let area = null;
let from = 0;
let offered = [];
let chosen = 0;

// Whom a note about this case can name, asked for once; nothing is offered where that fails.
function names(form) {
  const address = form.dataset.colleagues;
  if (!known.has(address)) {
    const asked = fetch(address, { credentials: "same-origin" })
      .then((answer) => (answer.ok ? answer.json() : { names: [] }))
      .then((found) => found.names)
      .catch(() => []);
    known.set(address, asked);
  }
  return known.get(address);
}

function fits(name, typed) {
  const words = name.toLocaleLowerCase();
  return words.startsWith(typed) || words.split(/\s+/).some((word) => word.startsWith(typed));
}

function close() {
  document.getElementById(LIST)?.remove();
  for (const name of ["aria-controls", "aria-activedescendant"]) area?.removeAttribute(name);
  area = null;
}

function option([name, kind], index) {
  const line = document.createElement("li");
  line.id = `mention-${index}`;
  line.setAttribute("role", "option");
  line.setAttribute("aria-selected", index === chosen);
  line.className = kind;
  line.textContent = name;
  return line;
}

function show(form, text) {
  area = text;
  const list = document.getElementById(LIST) ?? document.createElement("ul");
  list.id = LIST;
  list.className = "mentions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.dataset.mention);
  list.replaceChildren(...offered.map(option));
  text.before(list);
  text.setAttribute("aria-autocomplete", "list");
  text.setAttribute("aria-controls", LIST);
  text.setAttribute("aria-activedescendant", `mention-${chosen}`);
}

async function look(text) {
  const form = text.form;
  const begun = form.elements.kind.value === "note" && BEGUN.exec(text.value.slice(0, text.selectionStart));
  if (!begun) return close();
  const all = await names(form);
  // Somebody may have typed on since.
  const now = BEGUN.exec(text.value.slice(0, text.selectionStart));
  const typed = now?.[1].toLocaleLowerCase();
  offered = now && document.activeElement === text ? all.filter(([name]) => fits(name, typed)).slice(0, MOST) : [];
  if (!offered.length || (offered.length === 1 && offered[0][0].toLocaleLowerCase() === typed)) return close();
  from = text.selectionStart - now[1].length;
  chosen = 0;
  show(form, text);
}

function take(index) {
  const text = area;
  text.setRangeText(`${offered[index][0]} `, from, text.selectionStart, "end");
  close();
  text.focus();
  text.dispatchEvent(new CustomEvent("input", { bubbles: true, detail: "taken" }));
}

function press(event) {
  switch (event.key) {
    case "ArrowDown":
    case "ArrowUp":
      chosen = (chosen + (event.key === "ArrowDown" ? 1 : -1) + offered.length) % offered.length;
      return show(area.form, area), true;
    case "Enter":
    case "Tab": return take(chosen), true;
    case "Escape": return close(), true;
    default: return false;
  }
}

export function startMentions() {
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("form.composer textarea") && event.detail !== "taken") look(event.target);
  });
  // Before the keys of the page hear of it: Escape leaves the list first, then the text.
  document.addEventListener("keydown", (event) => {
    if (!area || event.target !== area || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!press(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }, { capture: true });
  document.addEventListener("mousedown", (event) => {
    const line = event.target.closest?.(`#${LIST} > li`);
    if (!line) return;
    event.preventDefault(); // the text keeps the focus
    take([...line.parentElement.children].indexOf(line));
  });
  document.addEventListener("focusout", (event) => event.target === area && close());
}
