// Menus are <details>; here they learn to close by Escape, by a click elsewhere, and when another one opens.

const OPEN = "details.menu[open]";

export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(OPEN)) {
      // A link in it leads elsewhere; what a button sends is heard of below.
      if (!menu.contains(event.target) || event.target.closest("a")) menu.open = false;
    }
  });
  // What was chosen is on its way: the menu has done its work.
  document.addEventListener("submit", (event) => {
    const menu = event.target.querySelector(OPEN);
    if (menu) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector(OPEN);
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
