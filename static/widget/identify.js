// Any .deskie-identifier-widget opens a dialog with a code for the chat.
(() => {
  const w = window, d = document;
  if (w.deskieIdentifier) return;
  w.deskieIdentifier = 1;
  const script = d.currentScript || d.querySelector('script[src*="/widget/v1/identify.js"]');

  let t = {
    title: 'Confirm your account', intro: 'Copy this code and send it in the chat.',
    creating: 'Creating your code…', copy: 'Copy code', copied: 'Copied',
    valid_for: 'Valid for {time}', minute_left: 'One minute left',
    expired: 'This code has expired', new_code: 'New code',
    error: 'The code could not be created.', retry: 'Try again', offline: 'You are offline.',
    unavailable: 'Identification is not available now.', close: 'Close',
  };
  // What the button says; else: retry.
  const labels = { creating: 'copy', code: 'copy', expired: 'new_code', unavailable: 'close' };
  let dialog, title, intro, code, note, button, left, live, cross;
  let locale, state, start, life, turn = 0, job = Promise.resolve();

  const css = `:host{all:initial!important}
dialog,input,.n{box-sizing:border-box}
dialog{color-scheme:light dark;width:min(400px,100vw - 32px);padding:28px;border:1px solid #0000;border-radius:16px;background:light-dark(#fff,#151a22);color:light-dark(#161b23,#e7eaef);font:16px/1.5 system-ui,sans-serif;box-shadow:0 24px 64px #0006}
::backdrop{background:#0b0f1799}
h2{margin:0;margin-inline-end:40px;font-size:20px}
p{margin:8px 0 16px}
input,.n{display:grid;place-items:center;width:100%;height:88px;margin:0;padding:8px;border:0;border-radius:12px;background:light-dark(#eff1f5,#1d232d);color:inherit;text-align:center}
input{font:600 min(6.6vw,29px) ui-monospace,monospace;letter-spacing:.04em}
button{width:100%;min-height:48px;margin-top:16px;border:0;border-radius:12px;background:light-dark(#2456d3,#2f62e0);color:#fff;font:600 16px system-ui,sans-serif;cursor:pointer}
.x{position:absolute;top:16px;inset-inline-end:16px;width:40px;min-height:40px;margin:0;background:none;color:inherit;font-size:24px}
[aria-disabled=true]{opacity:.5}
.n:has(+[aria-disabled=false]){color:light-dark(#b3261e,#ff8f86)}
.t{min-height:21px;margin:12px 0 0;font-size:14px;font-variant-numeric:tabular-nums;text-align:center}
.v{position:absolute;opacity:0}
[hidden]{display:none}
:focus-visible{outline:3px solid light-dark(#2456d3,#86acff);outline-offset:2px}`;

  function build() {
    const root = d.body.appendChild(d.createElement('deskie-identifier')).attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    root.adoptedStyleSheets = [sheet];
    const add = (to, name, props) => to.appendChild(Object.assign(d.createElement(name), props));
    dialog = add(root, 'dialog', { closedBy: 'any' });
    title = add(dialog, 'h2');
    intro = add(dialog, 'p');
    code = add(dialog, 'input', { readOnly: true, dir: 'ltr', onclick: () => code.select() });
    note = add(dialog, 'p', { className: 'n' });
    button = add(dialog, 'button', { autofocus: true, onclick: press });
    left = add(dialog, 'p', { className: 't' });
    live = add(dialog, 'p', { className: 'v', role: 'status' });
    cross = add(dialog, 'button', { className: 'x', textContent: '×', onclick: () => dialog.close() });
    setInterval(tick, 250);
    locale = '';
  }

  function show(next) {
    state = next;
    const ready = next == 'code';
    title.textContent = dialog.ariaLabel = code.ariaLabel = t.title;
    intro.textContent = t.intro;
    cross.ariaLabel = t.close;
    code.hidden = !ready;
    note.hidden = ready;
    button.ariaDisabled = next == 'creating';
    note.textContent = t[next];
    button.textContent = t[labels[next] || 'retry'];
    left.textContent = '';
    live.textContent = ready ? code.value : t[next];
    tick();
  }

  // One clock stops in sleep, the other can be set: the larger difference counts.
  const clocks = () => [performance.now(), Date.now()];
  function tick() {
    if (state != 'code') return;
    const now = clocks(), s = Math.ceil(life - Math.max(now[0] - start[0], now[1] - start[1]) / 1000);
    if (s <= 0) return show('expired');
    const text = t.valid_for.replace('{time}', `${s / 60 | 0}:${`${s % 60}`.padStart(2, 0)}`);
    if (left.textContent == text) return;
    left.textContent = text;
    if (s == 60) live.textContent = t.minute_left;
  }

  const told = () => w.DeskieIdentify || w.DeskieIndetify || {};
  function ask(path, body) {
    const item = [].concat(w.deskie).findLast(o => o?.type_widget == 'identifier');
    const id = script.dataset.widgetId || item?.g_config?.widget_id;
    return fetch(new URL(`identify/${id}/${path}`, script.src), {
      credentials: 'omit', signal: AbortSignal.timeout(15e3),
      method: body && 'POST', headers: body && { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
    });
  }

  async function translate() {
    const wanted = script.dataset.locale || d.documentElement.lang || navigator.language;
    if (wanted == locale) return;
    const answer = await ask('texts?locale=' + wanted), { texts, lang, dir } = await answer.json();
    if (!answer.ok) return;
    t = { ...t, ...texts };
    Object.assign(dialog, { lang, dir });
    locale = wanted;
  }

  // One request at a time: a new code voids the one before.
  function create() {
    const mine = ++turn;
    show('creating');
    job = job.then(async () => {
      if (mine != turn) return;
      let next = 'unavailable';
      const at = clocks();
      try {
        const answer = await ask('codes', told());
        if (answer.status >= 500) throw 0;
        const got = await answer.json();
        if (mine != turn) return;
        if (answer.ok) {
          [next, code.value, start, life] = ['code', got.code, at, got.expires_in];
          if (got.links) import(new URL('identify-confirm.js', script.src)).then(m => m.default(dialog, got, ask, told, () => t));
        } else console.warn('Identification refused:', got.code);
      } catch {
        next = navigator.onLine ? 'error' : 'offline';
      }
      if (mine == turn) show(next);
    });
  }

  async function press() {
    if (state == 'creating') return;
    if (state == 'unavailable') return dialog.close();
    if (state != 'code') return create();
    try {
      await navigator.clipboard.writeText(code.value);
    } catch {
      code.select();
      if (!d.execCommand('copy')) return;
    }
    button.textContent = live.textContent = t.copied;
    setTimeout(() => { if (state == 'code') button.textContent = t.copy; }, 2000);
  }

  async function open(trigger) {
    if (!dialog?.isConnected) build();
    const texts = translate().catch(() => {});
    await Promise.race([texts, new Promise(done => setTimeout(done, 400))]);
    if (dialog.open) return;
    trigger.focus();
    dialog.showModal();
    create();
    texts.then(() => show(state));
  }

  // Captured: the page cannot stop it; delayed: the page's handlers run first.
  d.addEventListener('click', e => {
    const trigger = e.composedPath().find(n => n.classList?.contains('deskie-identifier-widget'));
    if (!trigger) return;
    e.preventDefault();
    setTimeout(open, 0, trigger);
  }, true);
})();
