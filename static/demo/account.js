/*
 * What a site of your own does: gives the signed token to the widget, and a fresh one before it grows old.
 * The widget reads `window.DeskieIdentify` when the button is pressed.
 */
(() => {
  const meta = document.querySelector('meta[name="desk-token"]');
  window.DeskieIdentify = { token: meta.content };
  setInterval(async () => {
    const answer = await fetch(meta.dataset.url);
    if (answer.ok) window.DeskieIdentify = await answer.json();
  }, 30 * 60 * 1000);

  const form = document.getElementById("code-form");
  const shown = document.getElementById("code");
  const text = document.getElementById("code-text");
  const note = document.getElementById("code-note");
  const copy = document.getElementById("copy");
  const label = copy.textContent;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const said = await answer.json();
    shown.hidden = !said.code;
    text.value = said.code ?? "";
    copy.textContent = label;
    note.textContent = said.code
      ? `${note.dataset.valid} ${new Date(said.expires_at).toLocaleTimeString()}`
      : said.problem;
  });

  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text.value);
    copy.textContent = copy.dataset.done;
  });

  // A menu that is left is closed.
  const menu = document.querySelector("details.menu");
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") menu.open = false; });
})();
