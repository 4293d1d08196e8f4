/*
 * <rule-ordering>: the rows of a list of rules, put in order by their grips: dragged with a pointer, or moved with the
 * arrow keys (Enter keeps, Escape puts back). The new order is shown at once and sent whole; where the server refuses
 * it, the list goes back to the last order that was kept, and says why.
 */
import { say } from "./dom.js";

const CLOSED = "rules.closed";
const EDGE = 60; // pixels from the edge of the window within which dragging scrolls it

class RuleOrdering extends HTMLElement {
  connectedCallback() {
    this.remember();
    if ("off" in this.dataset) return;
    this.root = this.querySelector("[data-list]");
    this.kept = this.places();
    this.sending = Promise.resolve();
    for (const grip of this.querySelectorAll("[data-grip]")) grip.hidden = false;
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("focusout", () => !this.busy && !this.dragging && this.keep());
    this.addEventListener("pointerdown", (event) => this.grab(event));
    this.addEventListener("pointermove", (event) => this.drag(event));
    this.addEventListener("pointerup", () => this.drop(true));
    this.addEventListener("pointercancel", () => this.drop(false));
  }

  /** Groups that were shut stay so on the next visit. */
  remember() {
    const closed = new Set(JSON.parse(localStorage.getItem(CLOSED) ?? "[]"));
    for (const group of this.querySelectorAll("[data-group]")) {
      const details = group.querySelector("details");
      details.open = !closed.has(group.dataset.group);
      details.addEventListener("toggle", () => {
        if (details.open) closed.delete(group.dataset.group);
        else closed.add(group.dataset.group);
        localStorage.setItem(CLOSED, JSON.stringify([...closed]));
      });
    }
  }

  /** Where everything stands: [[list, its rows], …]. */
  places() {
    return [...this.querySelectorAll("[data-list]")].map((list) => [list, [...list.children]]);
  }

  restore(places) {
    this.quietly(() => places.forEach(([list, rows]) => list.append(...rows)));
  }

  /** Rows lose the focus while they are moved; that must not end the move. */
  quietly(work) {
    const focused = document.activeElement;
    this.busy = true;
    work();
    if (this.contains(focused)) focused.focus();
    this.busy = false;
    this.querySelectorAll("[data-number]").forEach((one, index) => (one.textContent = String(index + 1)));
  }

  order() {
    const id = (row) => Number(row.dataset.rule);
    const rules = (group) => [...group.querySelectorAll("[data-rule]")].map(id);
    return JSON.stringify(
      [...this.root.children].map((row) => (row.dataset.group ? { group_id: Number(row.dataset.group), rules: rules(row) } : id(row))),
    );
  }

  lift(row) {
    if (this.lifted === row) return;
    this.keep();
    this.lifted = row;
    this.before = this.places();
    this.unchanged = this.order();
    row.classList.add("lifted");
    this.complain("");
  }

  key(event) {
    const row = event.target.closest("[data-grip]")?.closest("[data-rule], [data-group]");
    if (!row) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      this.lift(row);
      this.quietly(() => step(row, event.key === "ArrowUp" ? -1 : 1));
      this.tellPlace(row);
    } else if (event.key === "Escape" && this.lifted) {
      event.preventDefault();
      this.dragging = false;
      this.putBack();
    } else if ((event.key === "Enter" || event.key === " ") && this.lifted) {
      event.preventDefault();
      this.keep();
    }
  }

  grab(event) {
    const row = event.target.closest("[data-grip]")?.closest("[data-rule], [data-group]");
    if (!row || event.button !== 0) return;
    event.preventDefault(); // no selection of text; the focus is set by hand
    row.querySelector("[data-grip]").focus();
    this.lift(row);
    this.dragging = true;
    this.setPointerCapture(event.pointerId);
  }

  drag(event) {
    if (!this.dragging) return;
    if (event.clientY < EDGE) scrollBy(0, -12);
    else if (event.clientY > innerHeight - EDGE) scrollBy(0, 12);
    const over = document.elementFromPoint(event.clientX, event.clientY);
    if (over && this.contains(over)) this.quietly(() => carry(this.lifted, over, event.clientY));
  }

  drop(keep) {
    if (!this.dragging) return;
    this.dragging = false;
    const row = this.lifted;
    if (!keep) this.putBack();
    else if (this.keep()) this.tellPlace(row);
  }

  putBack() {
    const row = this.settle();
    this.restore(this.before);
    this.tell(say(this.dataset.back, row.dataset.title));
  }

  settle() {
    const row = this.lifted;
    row.classList.remove("lifted");
    this.lifted = null;
    return row;
  }

  /** Ends a move; sends the order if it is another one. */
  keep() {
    if (!this.lifted) return false;
    this.settle();
    if (this.order() === this.unchanged) return false;
    this.sending = this.sending.then(() => this.send());
    return true;
  }

  async send() {
    const [places, order] = [this.places(), this.order()];
    const problem = await this.posted(order);
    if (!problem) {
      this.kept = places;
      this.tell(this.dataset.kept, true);
      return;
    }
    if (this.lifted) this.settle();
    this.restore(this.kept);
    this.complain(problem);
  }

  /** Why the server did not take the order; "" if it did. */
  async posted(order) {
    const body = new FormData();
    body.set("order", order);
    body.set("csrfmiddlewaretoken", this.closest("form").elements.csrfmiddlewaretoken.value);
    try {
      const response = await fetch(this.dataset.address, { method: "POST", body, credentials: "same-origin" });
      if (response.ok) return "";
      return (await response.json()).detail ?? this.dataset.failed;
    } catch {
      return this.dataset.failed;
    }
  }

  tellPlace(row) {
    const isRule = row.matches("[data-rule]");
    const all = isRule ? [...this.querySelectorAll("[data-rule]")] : [...this.root.children];
    const group = isRule && row.parentElement.closest("[data-group]");
    const words = group ? this.dataset.in : this.dataset.moved;
    this.tell(say(words, row.dataset.title, String(all.indexOf(row) + 1), String(all.length), group ? group.dataset.title : ""));
  }

  tell(text, more = false) {
    const told = this.querySelector("[data-told]");
    told.textContent = more && told.textContent ? `${told.textContent} ${text}` : text;
  }

  complain(text) {
    const problem = this.querySelector(".rule-order-problem");
    problem.textContent = text;
    problem.hidden = !text;
  }
}

/** A place up (-1) or down (1): a rule goes out of its group over the edge, and into an open group that it meets. */
function step(row, way) {
  const list = row.parentElement;
  const sibling = way < 0 ? row.previousElementSibling : row.nextElementSibling;
  const met = sibling?.matches("[data-rule], [data-group]") ? sibling : null;
  if (!met) {
    const group = list.closest("[data-group]");
    if (group) beside(group, row, way > 0);
  } else if (row.matches("[data-rule]") && isOpen(met)) {
    const inner = met.querySelector("[data-list]");
    inner.insertBefore(row, way > 0 ? inner.firstElementChild : inner.querySelector(".rule-empty"));
  } else {
    beside(met, row, way > 0);
  }
}

/** Puts a row where the pointer is. */
function carry(row, over, y) {
  const onRule = over.closest("[data-rule]");
  const group = over.closest("[data-group]");
  if (row.contains(over)) return;
  if (row.matches("[data-group]")) {
    const target = group ?? onRule;
    if (target) beside(target, row, lower(target, y));
  } else if (onRule) {
    beside(onRule, row, lower(onRule, y));
  } else if (group && isOpen(group) && (!over.closest("summary") || lower(over.closest("summary"), y))) {
    const inner = group.querySelector("[data-list]");
    const first = over.closest("summary") ? inner.firstElementChild : inner.querySelector(".rule-empty");
    if (row !== first && row.nextElementSibling !== first) inner.insertBefore(row, first);
  } else if (group) {
    beside(group, row, !isOpen(group) && lower(group, y));
  }
}

function beside(other, row, after) {
  if (after && other.nextElementSibling !== row) other.after(row);
  else if (!after && other.previousElementSibling !== row) other.before(row);
}

const isOpen = (row) => row.querySelector("details")?.open ?? false;

function lower(element, y) {
  const { top, height } = element.getBoundingClientRect();
  return y > top + height / 2;
}

customElements.define("rule-ordering", RuleOrdering);
