/*
 * <widget-preview>: what customers will read, drawn anew with each letter that is typed into the texts above.
 */
const LOOKS = { heading: "h3", text: "p", box: "div", button: "span", other: "span", small: "p" };

class WidgetPreview extends HTMLElement {
  connectedCallback() {
    if (this.told) return;
    this.told = JSON.parse(document.getElementById("widget-preview").textContent);
    this.hidden = false;
    this.language = this.querySelector("[data-language]");
    this.scene = this.querySelector("[data-scene]");
    this.dialog = this.querySelector("[data-dialog]");
    this.language.append(...this.told.languages.map((one, index) => new Option(one.title, index)));
    this.scene.append(...this.told.scenes.map((one, index) => new Option(one.title, index)));
    for (const choice of [this.language, this.scene]) choice.addEventListener("change", () => this.draw());
    this.closest("form").addEventListener("input", (event) => this.typed(event.target));
    this.draw();
  }

  /** Follows the writer: to the language of the input, and to a state in which its text stands. */
  typed(input) {
    const [, id, key] = /^text_(\d+)_(\w+)$/.exec(input.name || "") || [];
    if (!key) return;
    this.language.value = this.told.languages.findIndex((one) => String(one.id) === id);
    const shows = (scene) => scene.parts.some(([, phrase]) => phrase === key);
    if (!shows(this.told.scenes[this.scene.value])) {
      const found = this.told.scenes.findIndex(shows);
      if (found >= 0) this.scene.value = found;
    }
    this.draw();
  }

  draw() {
    const language = this.told.languages[this.language.value], scene = this.told.scenes[this.scene.value];
    Object.assign(this.dialog, { lang: language.code, dir: language.dir });
    this.dialog.replaceChildren(...scene.parts.map(([look, phrase]) => {
      const part = document.createElement(LOOKS[look]);
      part.className = look;
      part.textContent = this.text(phrase, language, scene.facts);
      return part;
    }));
  }

  /** What was typed, else our own words, which stand in the input in grey; a phrase without an input as it is. */
  text(phrase, language, facts) {
    const input = this.closest("form").elements[`text_${language.id}_${phrase}`];
    const text = input ? input.value.trim() || input.placeholder : phrase;
    return text.replace(/\{(\w+)\}/g, (whole, name) => facts[name] ?? whole);
  }
}

customElements.define("widget-preview", WidgetPreview);
