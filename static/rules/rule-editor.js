/*
 * <rule-editor>: the rows of a rule. It reads the vocabulary from a JSON script, keeps its state in a hidden field
 * of the form, and takes the place of the plain rows inside it. The server checks everything again; what it finds
 * wrong comes back by row.
 */
import { make, say } from "./dom.js";
import { Rows } from "./rows.js";

// A macro has actions only; its page says so in data-parts.
const PARTS = "all any actions";

class RuleEditor extends HTMLElement {
  connectedCallback() {
    if (this.vocabulary) return;
    this.vocabulary = JSON.parse(document.getElementById(this.dataset.vocabulary).textContent);
    this.field = document.getElementById(this.dataset.field);
    this.state = this.vocabulary.state;
    this.words = this.vocabulary.words;
    this.icons = Object.fromEntries(
      [...this.querySelectorAll("template[data-icon]")].map((one) => [one.dataset.icon, one.content]),
    );
    this.status = make("p", { class: "vh", role: "status" });
    const forms = [...this.querySelectorAll("input[name$='_FORMS']")].map((one) => this.emptied(one));
    this.rows = (this.dataset.parts ?? PARTS).split(" ").map((part) => new Rows(this, part));
    this.replaceChildren(...forms, ...this.rows.map((rows) => rows.section), this.status);
    this.keep();
    this.querySelector("[aria-invalid='true']")?.focus();
  }

  /** The plain forms' own counters, saying that none of their rows was filled in. */
  emptied(counter) {
    const value = /-(TOTAL|INITIAL)_FORMS$/.test(counter.name) ? "0" : counter.value;
    return make("input", { type: "hidden", name: counter.name, value });
  }

  /** Writes the state where the form sends it from. */
  keep() {
    this.field.value = JSON.stringify(this.state);
  }

  icon(name) {
    return this.icons[name].cloneNode(true);
  }

  /** Tells people who do not see the page what has changed. */
  tell(text, ...parts) {
    this.status.textContent = say(text, ...parts);
  }
}

customElements.define("rule-editor", RuleEditor);
