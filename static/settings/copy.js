// Buttons that copy a text of the page: <button data-copies="id of the text" data-done="Copied">Copy</button>
const RESTORED_AFTER = 2000; // ms

async function copy(button) {
  const source = document.getElementById(button.dataset.copies);
  try {
    await navigator.clipboard.writeText(source.textContent);
  } catch {
    // Without a secure context: the text stays selected if this does not copy it either.
    getSelection().selectAllChildren(source);
    if (!document.execCommand('copy')) return;
  }
  const label = button.textContent;
  if (label === button.dataset.done) return;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = label; }, RESTORED_AFTER);
}

document.addEventListener('click', event => {
  const button = event.target.closest('button[data-copies]');
  if (button) copy(button);
});
