// What few dialogs need, loaded by identify.js when one does: links that open a chat with the code in it, and the
// question which account wants to be linked.

const words = {
  open_in: 'Open in {channel}', ask_title: 'Is this you?',
  ask: 'Somebody sent your code in a chat. Is this your account there?', ask_at: 'Sent at {time}',
  accept: 'Yes, this is me', decline: 'No, this is not me', accepted: 'Confirmed.', declined: 'Nothing was linked.',
  ask_over: 'This request is over.', ask_error: 'Your answer could not be saved.',
};

// Both answers look alike on purpose.
const css = `.asking>:not(.q,.x){display:none}
.q:focus{outline:none}
.q h2{margin-inline-end:40px}
.w{display:grid;gap:2px;margin:0;padding:16px;border-radius:12px;background:light-dark(#eff1f5,#1d232d);overflow-wrap:anywhere}
.w span{font-size:14px}
.y{display:grid;grid-template-columns:1fr 1fr;gap:12px}
.y button{padding:8px}
.y button:disabled{opacity:.5;cursor:default}
.e{min-height:21px;margin:12px 0 0;font-size:14px;text-align:center}
.y[hidden]~.e{margin:8px 0 0;font-size:16px;text-align:start}
.l{display:grid;gap:4px;margin:12px 0 0;padding:0;list-style:none;text-align:center}
.l a{display:block;padding:8px;border-radius:8px;color:light-dark(#2456d3,#86acff);font-weight:600;overflow-wrap:anywhere}
input[hidden]~.l,.l[hidden],.q[hidden],.q [hidden]{display:none}`;

const FIRST = 2000, LONGEST = 10000, BRAKED = 30000; // ms between two looks
const UNTOUCHABLE = 500; // ms: nobody presses what has only just appeared under the pointer

const views = new WeakMap();

class View {
  constructor(dialog) {
    this.dialog = dialog;
    this.turn = 0;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    dialog.getRootNode().adoptedStyleSheets.push(sheet);
    this.links = add(dialog, 'ul', { className: 'l' });
    this.box = add(dialog, 'section', { className: 'q', tabIndex: -1, hidden: true });
    this.heading = add(this.box, 'h2', { id: 'q' });
    this.box.setAttribute('aria-labelledby', 'q');
    this.question = add(this.box, 'p', {});
    this.wish = add(this.box, 'p', { className: 'w' });
    this.buttons = add(this.box, 'div', { className: 'y' });
    this.yes = add(this.buttons, 'button', { type: 'button', onclick: () => this.decide(true) });
    this.no = add(this.buttons, 'button', { type: 'button', onclick: () => this.decide(false) });
    this.note = add(this.box, 'p', { className: 'e', role: 'status' });
    this.done = add(this.box, 'button', { type: 'button', onclick: () => dialog.close() });
    dialog.addEventListener('close', () => this.leave());
  }

  t(key) {
    return this.texts()[key] || words[key];
  }

  start(got, post, told, texts) {
    Object.assign(this, { post, told, texts });
    this.links.replaceChildren(...got.links.map(link => this.link(link)));
    this.links.hidden = !got.links.length;
    if (got.confirm) this.watch(++this.turn);
  }

  link({ title, url }) {
    const item = document.createElement('li');
    const text = this.t('open_in').replace('{channel}', () => title);
    add(item, 'a', { href: url, target: '_blank', rel: 'noopener noreferrer', dir: 'auto', textContent: text });
    return item;
  }

  // Looks while the dialog is open, less and less often, and not while it asks.
  async watch(turn) {
    for (let wait = FIRST; this.dialog.open && turn == this.turn; wait = Math.min(wait * 1.3, LONGEST)) {
      if (!this.id && !document.hidden) wait = await this.look(wait);
      if (!wait) return;
      await new Promise(done => setTimeout(done, wait));
    }
  }

  async look(wait) {
    try {
      const answer = await this.post('proposals', { proof: this.told() });
      if (answer.status == 429) return BRAKED;
      if (answer.status < 500 && !answer.ok) return 0;
      const { proposals } = await answer.json();
      if (proposals?.length && this.dialog.open && !this.id) this.ask(proposals[0]);
    } catch {
      // Without a connection it looks again; what the dialog shows besides goes on.
    }
    return wait;
  }

  ask({ id, channel, name, address, at, expires_in }) {
    this.id = id;
    const lines = [['b', channel], ['span', name], ['span', address == name ? '' : address]];
    lines.push(['span', this.t('ask_at').replace('{time}', () => this.clock(at))]);
    this.wish.replaceChildren();
    for (const [tag, text] of lines) if (text) add(this.wish, tag, { dir: 'auto', textContent: text });
    this.heading.textContent = this.t('ask_title');
    this.question.textContent = this.t('ask');
    this.yes.textContent = this.t('accept');
    this.no.textContent = this.t('decline');
    this.note.textContent = '';
    this.show(true);
    this.able(false);
    setTimeout(() => this.able(true), UNTOUCHABLE);
    this.ends = setTimeout(() => this.tell('ask_over'), expires_in * 1000);
  }

  clock(at) {
    const time = locale => new Intl.DateTimeFormat(locale, { timeStyle: 'short' }).format(new Date(at));
    try {
      return time(this.dialog.lang || undefined);
    } catch {
      return time();
    }
  }

  show(asking) {
    this.question.hidden = this.wish.hidden = this.buttons.hidden = !asking;
    this.done.hidden = asking;
    this.box.hidden = false;
    this.dialog.classList.add('asking');
    this.dialog.setAttribute('aria-labelledby', 'q');
    this.box.focus();
  }

  able(may) {
    this.yes.disabled = this.no.disabled = !may;
  }

  async decide(accept) {
    const { id } = this;
    this.able(false);
    try {
      const answer = await this.post(`proposals/${id}`, { proof: this.told(), accept });
      if (answer.status >= 500 || answer.status == 429) throw 0;
      const { state } = answer.ok ? await answer.json() : {};
      if (id == this.id) this.tell(state == 'accepted' || (state && !accept) ? state : 'ask_over');
    } catch {
      this.note.textContent = this.t(navigator.onLine ? 'ask_error' : 'offline');
      this.able(true);
    }
  }

  // The last word; the code behind it is used up, so closing is all that is left.
  tell(key) {
    clearTimeout(this.ends);
    this.done.textContent = this.t('close');
    this.show(false);
    this.note.textContent = this.t(key);
    this.done.focus();
  }

  leave() {
    clearTimeout(this.ends);
    this.turn++;
    this.id = 0;
    this.box.hidden = true;
    this.dialog.classList.remove('asking');
    this.dialog.removeAttribute('aria-labelledby');
  }
}

const add = (to, name, props) => to.appendChild(Object.assign(document.createElement(name), props));

export default function confirm(dialog, ...given) {
  if (!views.has(dialog)) views.set(dialog, new View(dialog));
  views.get(dialog).start(...given);
}
