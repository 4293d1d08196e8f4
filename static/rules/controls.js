/*
 * How a value is entered: one function for each control that the vocabulary names. Each takes
 *   {value, label, choices, invalid, describedby, change(value), words, vocabulary, others, optional, none}
 * and gives an element.
 */
import { choose, make, say } from "./dom.js";

const marks = (at) => ({ "aria-label": at.label, "aria-invalid": at.invalid ? "true" : null, "aria-describedby": at.describedby });

function input(type, at, attributes = {}) {
  const read = (event) => at.change(type === "number" ? number(event.target.value) : event.target.value);
  return make("input", { class: "field", type, value: at.value ?? "", oninput: read, ...marks(at), ...attributes });
}

/** A whole number; what is none stays text, so that the server can say so. */
const number = (text) => (/^-?\d+$/.test(text) ? Number(text) : text);

const pairOf = (value) => (Array.isArray(value) && value.length === 2 ? [...value] : ["", ""]);

function pair(type, at) {
  const both = pairOf(at.value);
  const one = (index) =>
    input(type, { ...at, value: both[index], change: (value) => ((both[index] = value), at.change([...both])) });
  return make("span", { class: "pair" }, one(0), make("span", {}, at.words.and), one(1));
}

/** Entries with a button to remove each, and something to add more with. */
function entries(at, titles, adder) {
  const values = Array.isArray(at.value) ? at.value : at.value ? [at.value] : [];
  const without = (index) => at.change(values.filter((_, other) => other !== index), true);
  const chips = values.map((value, index) =>
    make(
      "span",
      { class: "chip" },
      titles(value),
      make("button", { type: "button", class: "chip-remove", "aria-label": say(at.words.remove, titles(value)), onclick: () => without(index) }, "×"),
    ),
  );
  return make("span", { class: "entries field", "data-invalid": at.invalid ? "true" : null }, chips, adder(values));
}

function words(at) {
  const adder = (values) => {
    const take = (event, again) => {
      const word = event.target.value.trim();
      if (word && !values.includes(word)) at.change([...values, word], again);
      else if (word) event.target.value = "";
    };
    return make("input", {
      type: "text",
      placeholder: values.length ? "" : at.words.addWord,
      ...marks(at),
      onkeydown: (event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          take(event, true);
        } else if (event.key === "Backspace" && !event.target.value && values.length) {
          at.change(values.slice(0, -1), true);
        }
      },
      // What was typed and not confirmed counts as well.
      onchange: (event) => take(event, "quietly"),
    });
  };
  return entries(at, String, adder);
}

function choices(at) {
  const title = (value) => at.choices.find(([key]) => String(key) === String(value))?.[1] ?? `${value} (${at.words.gone})`;
  const adder = (values) => {
    const left = at.choices.filter(([key]) => !values.some((value) => String(value) === String(key)));
    // By keyboard each letter chooses: only Enter, or leaving, adds what is chosen then.
    let typing = false;
    const take = (value, again) => value !== "" && at.change([...values, value], again);
    const chosen = (select) => left.find(([key]) => String(key) === select.value)?.[0] ?? "";
    const select = choose({ ...at, groups: [["", left]], value: "", first: at.words.add, onchange: (value) => !typing && take(value, true) });
    select.addEventListener("pointerdown", () => (typing = false));
    select.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && select.value) {
        event.preventDefault();
        take(chosen(select), true);
      } else if (!event.altKey && event.key !== "Tab") {
        typing = true;
      }
    });
    select.addEventListener("blur", () => typing && select.isConnected && take(chosen(select), "quietly"));
    return select;
  };
  return entries(at, title, adder);
}

function choice(at) {
  const first = at.optional ? at.none : at.value === null || at.value === undefined || at.value === "" ? at.words.choose : undefined;
  return choose({ ...at, groups: [["", at.choices]], first, gone: at.words.gone, onchange: (value) => at.change(value === "" ? null : value, true) });
}

function span(at) {
  const value = { amount: "", unit: at.vocabulary.units[0][0], ...(at.value ?? {}) };
  const set = (part) => at.change({ ...Object.assign(value, part) });
  return make(
    "span",
    { class: "pair" },
    input("number", { ...at, value: value.amount, change: (amount) => set({ amount }) }, { min: 1 }),
    choose({ ...at, groups: [["", at.vocabulary.units]], value: value.unit, onchange: (unit) => set({ unit }) }),
  );
}

/** A span; and where there are schedules, in whose hours it counts. */
function clock(at) {
  const value = { ...(at.value ?? {}) };
  if (!at.choices.length && !value.schedule) return span(at);
  const setHours = (schedule) => {
    if (schedule === "") delete value.schedule;
    else value.schedule = schedule;
    at.change({ ...value }, true);
  };
  const label = say(at.words.hoursOf, at.label);
  return make(
    "span",
    { class: "clock" },
    span({ ...at, change: (changed) => at.change({ ...Object.assign(value, changed) }) }),
    choose({ ...at, label, groups: [["", at.choices]], value: value.schedule ?? "", first: at.words.roundTheClock, gone: at.words.gone, onchange: setHours }),
  );
}

function area(at, rows) {
  const text = make("textarea", { class: "field", rows, ...marks(at), oninput: (event) => at.change(event.target.value) });
  text.value = at.value ?? "";
  const insert = choose({
    groups: [["", at.vocabulary.variables.filter(([, , only]) => !only || only === at.to).map(([variable, title]) => [variable, `${title} — ${variable}`])]],
    value: "",
    first: at.words.insert,
    label: say(at.words.insertWhat, at.label),
    onchange: (variable) => {
      if (!variable) return;
      text.setRangeText(variable, text.selectionStart, text.selectionEnd, "end");
      at.change(text.value);
      insert.value = "";
      text.focus();
    },
  });
  insert.classList.add("insert");
  return make("span", { class: "area" }, text, insert);
}

function texts(at) {
  const value = { ...(at.value ?? {}) };
  // A language that was switched off keeps its text.
  const known = at.vocabulary.languages.map(([code]) => code);
  const languages = [...at.vocabulary.languages, ...Object.keys(value).filter((code) => !known.includes(code)).map((code) => [code, code])];
  const one = ([code, title]) =>
    make(
      "div",
      { class: "in-language", lang: code },
      make("span", { class: "language", "aria-hidden": "true" }, title),
      area({ ...at, label: `${at.label}, ${title}`, value: value[code], change: (text) => ((value[code] = text), at.change({ ...value })) }, 3),
    );
  return make("div", { class: "texts" }, languages.map(one));
}

function flag(at) {
  const pairs = [["true", at.words.yes], ["false", at.words.no]];
  const value = at.value === true ? "true" : at.value === false ? "false" : "";
  return choose({ ...at, groups: [["", pairs]], value, first: at.words.empty, onchange: (key) => at.change(key === "" ? null : key === "true") });
}

/** The value of the custom field that the input beside it names. */
function customValue(level) {
  return (at) => {
    const field = at.vocabulary.custom[level][at.others.field];
    const control = CONTROLS[field?.control ?? "text"];
    return control({ ...at, choices: field?.choices ?? [], optional: true, none: at.words.empty });
  };
}

const CONTROLS = {
  none: (at) => make("span", { class: "no-value" }, at.words.noValue),
  text: (at) => input("text", at),
  pattern: (at) => input("text", at, { spellcheck: "false", autocapitalize: "off", class: "field pattern" }),
  words,
  choice,
  choices,
  number: (at) => input("number", at),
  range: (at) => pair("number", at),
  date: (at) => input("date", at),
  dates: (at) => pair("date", at),
  times: (at) => pair("time", at),
  span,
  clock,
  flag,
  long_text: (at) => area(at, 3),
  texts,
  user_value: customValue("user"),
  case_value: customValue("case"),
};

/** The element for one value; controls that nobody knows here become a line of text. */
export function control(name, at) {
  return (CONTROLS[name] ?? CONTROLS.text)(at);
}

/** Whether the control takes the whole width, below the row's head. */
export const isWide = (name) => name === "texts" || name === "long_text";
