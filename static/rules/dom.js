/* Making elements. */

/**
 * An element with attributes, listeners (`onclick: fn`) and children (elements or text; null is left out).
 * An attribute that is false, null or undefined is left out, one that is true is empty.
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** A text with %s replaced, in order. */
export function say(text, ...parts) {
  return parts.reduce((said, part) => said.replace("%s", () => part), text);
}

/** A select. groups: [[heading or "", [[value, label], …]], …]; what is chosen and not offered stays, marked as gone. */
export function choose({ groups, value, label, first, gone, invalid, describedby, onchange }) {
  const all = groups.flatMap(([, pairs]) => pairs);
  const chosen = value === null || value === undefined ? "" : String(value);
  const missing = chosen !== "" && !all.some(([key]) => String(key) === chosen);
  const option = ([key, text]) => make("option", { value: key, selected: String(key) === chosen }, text);
  return make(
    "select",
    {
      class: "field",
      "aria-label": label,
      "aria-invalid": invalid ? "true" : null,
      "aria-describedby": describedby,
      onchange: (event) => onchange(all.find(([key]) => String(key) === event.target.value)?.[0] ?? ""),
    },
    first === undefined ? null : make("option", { value: "", selected: chosen === "" }, first),
    missing ? make("option", { value: chosen, selected: true }, `${chosen} (${gone})`) : null,
    groups.map(([heading, pairs]) =>
      heading ? make("optgroup", { label: heading }, pairs.map(option)) : pairs.map(option),
    ),
  );
}
