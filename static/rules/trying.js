/*
 * <rule-trial>: tries the rule as it stands in the editor, on a case or over the last days. The server answers with
 * a part of a page; nothing is saved.
 */
class RuleTrial extends HTMLElement {
  connectedCallback() {
    this.hidden = false;
    this.answer = this.querySelector("[data-answer]");
    for (const button of this.querySelectorAll("button[data-by]")) {
      button.addEventListener("click", () => this.tried(button));
    }
    this.querySelector("input").addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // Enter would save the rule
      this.querySelector("button[data-by='case']").click();
    });
  }

  async tried(button) {
    const form = this.closest("form");
    const body = new FormData();
    for (const name of ["draft", "title", "csrfmiddlewaretoken"]) body.set(name, form.elements[name].value);
    body.set(button.dataset.by, this.querySelector(`[data-value='${button.dataset.by}']`).value);
    button.disabled = true;
    this.answer.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(this.dataset.address, { method: "POST", body, credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      this.answer.replaceChildren(...page.body.childNodes);
    } catch {
      this.answer.textContent = this.dataset.failed;
    } finally {
      button.disabled = false;
      this.answer.removeAttribute("aria-busy");
    }
  }
}

customElements.define("rule-trial", RuleTrial);
