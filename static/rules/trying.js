/*
 * <rule-trial>: tries the rule as it stands in the editor, on a case or over the last days. The server answers with
 * a part of a page; nothing is saved. It looks for a second or two; a button in its answer looks further.
 */
class RuleTrial extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.answer = this.querySelector("[data-answer]");
    for (const button of this.querySelectorAll("button[data-by]")) {
      button.addEventListener("click", () => this.tried(button));
    }
    this.answer.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-further]");
      if (button) this.further(button);
    });
    this.querySelector("input").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // Enter would save the rule
      this.querySelector("button[data-by='case']").click();
    });
  }

  async tried(button) {
    const value = this.querySelector(`[data-value='${button.dataset.by}']`).value;
    await this.ask(button, { [button.dataset.by]: value });
  }

  /** The next cases; those that were found stay above them. */
  async further(button) {
    const { days, after, asked, matched } = button.dataset;
    const found = [...this.answer.querySelectorAll(".rule-cases > li")];
    if (!(await this.ask(button, { days, after, asked, matched })) || !found.length) return;
    const verdict = this.answer.querySelector(".rule-verdict");
    if (!this.answer.querySelector(".rule-cases")) {
      const list = document.createElement("ul");
      list.className = "rule-cases";
      verdict.after(list);
    }
    this.answer.querySelector(".rule-cases").prepend(...found);
  }

  /** Shows what the server answers; false where it did not. */
  async ask(button, more) {
    const form = this.closest("form");
    const body = new FormData();
    for (const name of ["draft", "title", "csrfmiddlewaretoken"]) body.set(name, form.elements[name].value);
    for (const [name, value] of Object.entries(more)) body.set(name, value);
    button.disabled = true;
    this.answer.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(this.dataset.address, { method: "POST", body, credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      this.answer.replaceChildren(...page.body.childNodes);
      return true;
    } catch {
      this.answer.textContent = this.dataset.failed;
      return false;
    } finally {
      button.disabled = false;
      this.answer.removeAttribute("aria-busy");
    }
  }
}

customElements.define("rule-trial", RuleTrial);
