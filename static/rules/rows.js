/* A list of conditions or actions: rows that can be added, changed, moved and removed, by mouse and by keyboard. */
import { control, isWide } from "./controls.js";
import { choose, make, say } from "./dom.js";

export class Rows {
  constructor(editor, part) {
    Object.assign(this, { editor, part, words: editor.words, isAction: part === "actions" });
    this.errors = { ...editor.vocabulary.errors };
    this.list = make("ol", { class: "rule-rows" });
    this.empty = make("p", { class: "no-rows" }, this.isAction ? this.words.noAction : part === "any" ? this.words.noAny : this.words.noCondition);
    this.problem = make("div", {});
    const heading = `rule-${part}`;
    const text = this.isAction ? this.words.addAction : this.words.addCondition;
    this.adder = make("button", { type: "button", class: "rule-add", onclick: () => this.add() }, editor.icon("add"), text);
    this.section = make(
      "section",
      { class: "rule-part", "aria-labelledby": heading },
      make("h2", { id: heading }, this.words[part]),
      this.problem, this.list, this.empty, this.adder,
    );
    this.render();
  }

  get rows() {
    return this.editor.state[this.part];
  }

  /** What a screen reader calls a row. */
  name(index) {
    const before = this.part === "any" ? this.editor.state.all.length : 0;
    return say(this.isAction ? this.words.action : this.words.condition, before + index + 1);
  }

  render() {
    this.list.replaceChildren(...this.rows.map((row, index) => this.row(row, index)));
    this.empty.hidden = this.rows.length > 0;
    this.problem.replaceChildren(...this.told(this.part));
    if (this.part === "all") this.editor.rows?.find((rows) => rows.part === "any").render();
  }

  /** The error at a path as an element, [] if there is none. Gives it an id that its input can point to. */
  told(path) {
    const sentence = this.errors[path];
    if (!sentence) return [];
    return [make("p", { class: "row-error", id: this.id(path) }, this.editor.icon("error"), sentence)];
  }

  id(path) {
    return `rule-error-${path.replaceAll(".", "-")}`;
  }

  row(row, index) {
    const path = `${this.part}.${index}`;
    const item = make("li", { class: "rule-row", onkeydown: (event) => this.key(event, index) });
    const head = make("div", { class: "rule-line" }, this.handle(item, index));
    const below = [];
    if (this.isAction) this.action(row, path, index, head, below);
    else this.condition(row, path, index, head, below);
    head.append(this.buttons(index));
    item.append(head, ...below);
    return item;
  }

  condition(row, path, index, head, below) {
    const { fields } = this.editor.vocabulary;
    const field = this.field(row.field);
    const operator = field?.operators.find((one) => one.key === row.operator);
    const bad = { invalid: path in this.errors, describedby: path in this.errors ? this.id(path) : null };
    head.append(this.pick(sections(fields), field?.key ?? row.field, say(this.words.field, this.name(index)), bad, (key) => this.setField(index, key), "what"));
    if (field?.open) head.append(this.named(row, field, path, say(this.words.name, this.name(index)), bad));
    head.append(this.pick([["", (field?.operators ?? []).map((one) => [one.key, one.label])]], row.operator, say(this.words.operator, this.name(index)), bad, (key) => this.setOperator(index, key), "how"));
    const at = { ...this.at(row, "value", path, index, bad), label: say(this.words.value, this.name(index)), choices: field?.choices ?? [] };
    head.append(make("div", { class: "value" }, operator ? control(operator.control, at) : ""));
    below.push(...this.told(path));
  }

  /** The field of a key, or the open one that the key begins with. */
  field(key) {
    const { fields } = this.editor.vocabulary;
    return fields.find((one) => one.key === key) ?? fields.find((one) => one.open && key.startsWith(one.key));
  }

  /** What is typed after the key of an open field. */
  named(row, field, path, label, bad) {
    const type = (event) => {
      row.field = field.key + event.target.value.trim();
      this.fixed(path);
      this.editor.keep();
    };
    return make("input", {
      class: "field key", type: "text", maxlength: 100, value: row.field.slice(field.key.length), placeholder: this.words.key, spellcheck: "false", autocapitalize: "off",
      "aria-label": label, "aria-invalid": bad.invalid ? "true" : null, "aria-describedby": bad.describedby, oninput: type,
    });
  }

  action(row, path, index, head, below) {
    const { actions } = this.editor.vocabulary;
    const kind = actions.find((one) => one.key === row.kind);
    const bad = { invalid: path in this.errors, describedby: path in this.errors ? this.id(path) : null };
    const pairs = actions.map((one) => [one.key, one.label]);
    head.append(this.pick([["", pairs]], row.kind, say(this.words.kind, this.name(index)), bad, (key) => this.setKind(index, key), "what"));
    below.push(...this.told(path));
    const narrow = make("div", { class: "value" });
    head.append(narrow);
    for (const one of kind?.inputs ?? []) {
      const errorAt = `${path}.${one.name}`;
      const wrong = { invalid: errorAt in this.errors, describedby: errorAt in this.errors ? this.id(errorAt) : null };
      const at = { ...this.at(row.values, one.name, errorAt, index, wrong), ...one, label: `${this.name(index)}: ${one.label}`, others: row.values };
      const element = control(one.control, at);
      const lead = make("span", { class: "input-lead", "aria-hidden": "true" }, one.lead);
      if (isWide(one.control)) below.push(make("div", { class: "wide" }, element));
      else narrow.append(make("div", { class: "input" }, one.lead ? lead : null, element));
      below.push(...this.told(errorAt));
    }
  }

  /** Where a value is read from and written to. change(value, again): again draws the row anew. */
  at(holder, name, path, index, bad) {
    const { vocabulary, words } = this.editor;
    const change = (value, again = false) => {
      holder[name] = value;
      this.fixed(path);
      this.editor.keep();
      if (again === true) this.again(index);
      // Told while the focus is on its way elsewhere: first it has to arrive.
      else if (again) setTimeout(() => this.again(index));
    };
    return { value: holder[name], change, vocabulary, words, ...bad };
  }

  /** Draws a row anew; what had the focus in it has it again, or its last input. */
  again(index) {
    const old = this.list.children[index];
    if (!old) return;
    const fresh = this.row(this.rows[index], index);
    const active = old.contains(document.activeElement) ? document.activeElement : null;
    const label = active?.getAttribute("aria-label");
    const twin = active && [...fresh.querySelectorAll("input, select, textarea, button")].find((one) => one.getAttribute("aria-label") === label);
    if (twin && isSame(active, twin)) {
      graft(old, fresh, active, twin);
      return;
    }
    old.replaceWith(fresh);
    if (active) (twin ?? [...fresh.querySelectorAll(".rule-line :is(input, select)")].at(-1))?.focus();
  }

  pick(groups, value, label, bad, onchange, kind) {
    const select = choose({ groups, value, label, first: value ? undefined : this.words.choose, gone: this.words.gone, ...bad, onchange });
    select.classList.add(kind);
    return select;
  }

  /** An error is gone as soon as its row is changed; the server will say if it is still wrong. */
  fixed(path) {
    for (const known of Object.keys(this.errors)) {
      if (known !== path && !known.startsWith(`${path}.`) && known !== this.part) continue;
      const message = this.section.querySelector(`#${this.id(known)}`);
      this.section.querySelectorAll(`[aria-describedby='${this.id(known)}']`).forEach((one) => {
        one.removeAttribute("aria-invalid");
        one.removeAttribute("aria-describedby");
      });
      message?.remove();
      delete this.errors[known];
    }
  }

  setField(index, key) {
    const field = this.field(key);
    const row = this.rows[index];
    const control = this.control(row);
    row.field = key;
    if (!field.operators.some((one) => one.key === row.operator)) row.operator = field.operators[0].key;
    // Another field has other choices; a text, a number or a date may stay.
    if (control !== this.control(row) || field.choices.length) row.value = null;
    this.changed(index);
  }

  setOperator(index, key) {
    const row = this.rows[index];
    const control = this.control(row);
    row.operator = key;
    if (control !== this.control(row)) row.value = null;
    this.changed(index);
  }

  control(row) {
    const field = this.field(row.field);
    return field?.operators.find((one) => one.key === row.operator)?.control;
  }

  setKind(index, key) {
    const kind = this.editor.vocabulary.actions.find((one) => one.key === key);
    const kept = kind.inputs.filter((one) => one.name in this.rows[index].values);
    const same = kept.length && kept.every((one) => one.control === "choices" || one.name === "status");
    this.rows[index] = { kind: key, values: same ? this.rows[index].values : {} };
    this.changed(index);
  }

  changed(index) {
    this.fixed(`${this.part}.${index}`);
    this.editor.keep();
    this.again(index);
  }

  add() {
    this.rows.push(this.isAction ? { kind: "", values: {} } : { field: "", operator: "", value: null });
    this.fixed(this.part);
    this.editor.keep();
    this.render();
    this.list.lastElementChild.querySelector("select").focus();
  }

  remove(index) {
    const name = this.name(index);
    this.rows.splice(index, 1);
    this.errors = {}; // they name rows by number
    this.editor.keep();
    this.render();
    this.editor.tell(this.words.removed, name);
    (this.list.children[Math.min(index, this.rows.length - 1)]?.querySelector("select") ?? this.adder).focus();
  }

  /** Moves a row; the button or field that had the focus keeps it. */
  move(from, to, focus = "select") {
    if (to < 0 || to >= this.rows.length || from === to) return;
    this.editor.tell(this.words.moved, this.name(from), String(to + 1));
    this.rows.splice(to, 0, ...this.rows.splice(from, 1));
    this.errors = {};
    this.editor.keep();
    this.render();
    this.list.children[to].querySelector(focus)?.focus();
  }

  key(event, index) {
    if (!event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    this.move(index, index + (event.key === "ArrowUp" ? -1 : 1));
  }

  buttons(index) {
    const button = (icon, label, does, off) =>
      make("button", { type: "button", class: `rule-button ${icon}`, "aria-label": say(label, this.name(index)), title: say(label, this.name(index)), disabled: off, onclick: does }, this.editor.icon(icon));
    return make(
      "span",
      { class: "rule-buttons" },
      button("up", this.words.up, () => this.move(index, index - 1, ".up:enabled, .down"), index === 0),
      button("down", this.words.down, () => this.move(index, index + 1, ".down:enabled, .up"), index === this.rows.length - 1),
      button("remove", this.words.remove, () => this.remove(index), false),
    );
  }

  /** The grip: a row can be dragged only by it, so that text in it can be selected. */
  handle(item, index) {
    const handle = make("span", { class: "handle", "aria-hidden": "true" }, this.editor.icon("handle"));
    // A row that is drawn anew may keep its place and get another grip.
    handle.addEventListener("pointerdown", () => (handle.closest("li").draggable = true));
    handle.addEventListener("pointerup", () => (handle.closest("li").draggable = false));
    item.addEventListener("dragstart", (event) => {
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", "");
      this.dragged = index;
      item.classList.add("dragged");
    });
    item.addEventListener("dragend", () => ((this.dragged = null), (item.draggable = false), item.classList.remove("dragged")));
    item.addEventListener("dragover", (event) => this.dragged != null && event.preventDefault());
    item.addEventListener("drop", (event) => {
      event.preventDefault();
      if (this.dragged != null) this.move(this.dragged, index);
    });
    return handle;
  }
}

/** Whether two selects offer and show the same. Then the old one stays: it knows what was typed into it so far. */
function isSame(one, other) {
  const offered = (select) => [...select.options].map((option) => option.value).filter(Boolean).join();
  return one.matches("select") && other.matches("select") && one.value === other.value && offered(one) === offered(other);
}

/** Makes `old` like `fresh`, but for the way down to `kept`, which stays where it is and keeps the focus. */
function graft(old, fresh, kept, twin) {
  const mine = [...old.children].find((child) => child.contains(kept));
  const theirs = [...fresh.children].find((child) => child.contains(twin));
  for (const child of [...old.childNodes]) if (child !== mine) child.remove();
  const nodes = [...fresh.childNodes];
  const at = nodes.indexOf(theirs);
  mine.before(...nodes.slice(0, at));
  mine.after(...nodes.slice(at + 1));
  if (mine !== kept) graft(mine, theirs, kept, twin);
}

/** Fields under their headings, in the order in which these come. */
function sections(fields) {
  const groups = new Map();
  for (const field of fields) groups.set(field.section, [...(groups.get(field.section) ?? []), [field.key, field.label]]);
  return [...groups];
}
