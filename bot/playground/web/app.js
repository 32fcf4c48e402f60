// The chat page: shows a conversation that the server keeps, and sends what is
// typed. Every text reaches the page through textContent.

const $ = (id) => document.getElementById(id);
const log = $('log');
const scroller = $('scroll');
const input = $('text');
const quiet = 5 * 60e3; // a pause this long gets a time of day
const retries = [500, 1500, 4000]; // pauses before a message is sent again

let user = '';
let source = null; // the open event stream
let last = ''; // id of the newest event shown
let newestAt = 0;
let live = false; // the backlog has been shown
const sending = new Map(); // key → bubble that the server has not confirmed yet

// --- elements

function make(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

function button(className, text, onclick) {
  const b = make('button', className, text);
  b.type = 'button';
  b.addEventListener('click', onclick);
  return b;
}

function bubble(from, text, notice) {
  const turn = make('li', `turn ${from}${notice ? ' notice' : ''}`);
  const p = make('p', 'bubble');
  p.append(make('span', 'unseen', from === 'me' ? '您：' : '助手：'));
  if (notice) p.append(make('span', 'tag', '通知'));
  p.append(document.createTextNode(text));
  turn.append(p);
  return turn;
}

// --- scrolling: follow the newest bubble unless the person reads further up

let following = true;

const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
  following = true;
  $('newest').hidden = true;
}

function place(turn, mine) {
  log.append(turn);
  for (const waiting of sending.values()) log.append(waiting); // unconfirmed ones stay last
  if (!following && !mine && live) {
    $('newest').hidden = false;
  } else if (!mine && live && turn.offsetHeight > scroller.clientHeight) {
    // a long answer is read from its beginning; scrollIntoView would move the frame round the list, too
    scroller.scrollTop += turn.getBoundingClientRect().top - scroller.getBoundingClientRect().top - 12;
  } else {
    toEnd();
  }
}

scroller.addEventListener('scroll', () => {
  following = atEnd();
  if (following) $('newest').hidden = true;
});
// A keyboard that comes up, or suggestions, take room away from below.
new ResizeObserver(() => { if (following) toEnd(); }).observe(scroller);
$('newest').addEventListener('click', toEnd);

// --- the conversation

function clear() {
  log.replaceChildren();
  sending.clear();
  newestAt = 0;
  $('newest').hidden = true;
}

function retireOptions() {
  for (const b of log.querySelectorAll('.option:enabled')) b.disabled = true;
}

// Times are those of China, wherever the browser is: the bot's own words name
// no others.
const inChina = (at) => new Date(at.getTime() + 8 * 3600e3); // to be read as UTC

function dayOf(at) {
  const [d, now] = [inChina(at), inChina(new Date())];
  const year = d.getUTCFullYear() === now.getUTCFullYear() ? '' : `${d.getUTCFullYear()}年`;
  return `${year}${d.getUTCMonth() + 1}月${d.getUTCDate()}日`;
}

const sameDay = (a, b) => dayOf(a) === dayOf(b);

// A time goes without its date while that is clear: on the day of what was said
// before, and for what was said first if that was today.
function timeOf(at) {
  const clock = inChina(at).toISOString().slice(11, 16);
  return sameDay(at, newestAt ? new Date(newestAt) : pageNow()) ? clock : `${dayOf(at)} ${clock}`;
}

function show(entry) {
  const at = new Date(entry.at);
  if (at - newestAt > quiet) log.append(make('li', 'time', timeOf(at)));
  newestAt = at.getTime();
  const turn = bubble(entry.from, entry.text, entry.notice);
  if (entry.from === 'me') {
    sending.get(entry.key)?.remove();
    sending.delete(entry.key);
    retireOptions();
    showHints(false);
  } else if (entry.options?.length) {
    retireOptions();
    const group = make('div', 'options');
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', '可以这样回复');
    for (const o of entry.options) {
      group.append(button('option', o.label, () => {
        say(o.send, o.label);
        input.focus({ preventScroll: true });
      }));
    }
    turn.append(group);
  }
  for (const f of entry.files ?? []) turn.append(download(f));
  place(turn, entry.from === 'me');
}

// A file is saved, never opened: its kind is not believed.
function download(file) {
  const bytes = Uint8Array.from(atob(file.data ?? ''), (c) => c.charCodeAt(0));
  const link = make('a', 'file', `下载 ${file.name}`);
  link.href = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
  link.download = file.name;
  return link;
}

// --- the page's clock, which may run ahead of the real one

let ahead = 0; // in milliseconds

const pageNow = () => new Date(Date.now() + ahead);

function setClock(c) {
  ahead = c.ahead * 1000;
  showDate();
}

function showDate() {
  $('date').textContent = `演示日期 ${dayOf(pageNow())}`;
  $('date').hidden = sameDay(pageNow(), new Date());
}

setInterval(showDate, 60e3);

// --- typing: dots soon, words after a second

let timers = [];

function typing(busy) {
  if (busy && timers.length) return;
  timers.forEach(clearTimeout);
  timers = [];
  $('typing-words').textContent = '';
  $('typing').hidden = true;
  if (!busy) return;
  timers = [
    setTimeout(() => {
      $('typing').hidden = false;
      if (following) toEnd();
    }, 250),
    setTimeout(() => { $('typing-words').textContent = '正在查询…'; }, 1000),
  ];
}

// --- sending: a key per message, so that sending again never means saying it twice

function newKey() {
  // Not randomUUID: a phone in the same network has no secure context.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, '0')).join('');
}

function say(text, label) {
  const message = { user, key: newKey(), text, label: label === text ? '' : label ?? '' };
  const turn = bubble('me', message.label || text);
  turn.classList.add('sending');
  sending.set(message.key, turn);
  retireOptions();
  showHints(false);
  place(turn, true);
  deliver(message, turn);
}

async function deliver(message, turn) {
  turn.querySelector('.trouble')?.remove();
  let why = '没有连上';
  for (const pause of [0, ...retries]) {
    if (pause) await new Promise((done) => { setTimeout(done, pause); });
    try {
      const r = await post('say', message);
      if (r.ok) return;
      why = await reason(r);
      if (r.status < 500 && r.status !== 429) break;
    } catch {
      // The network failed: perhaps only the answer was lost, so the same key again.
    }
  }
  if (!turn.isConnected) return; // it arrived after all, or another user is shown
  const trouble = make('span', 'trouble', `未送达：${why}`);
  trouble.append(button('again', '重试', () => deliver(message, turn)));
  turn.append(trouble);
}

// The page's own refusals are a sentence; a proxy's are a page.
async function reason(response) {
  const own = response.headers.get('Content-Type')?.startsWith('text/plain');
  return own ? (await response.text()).trim().slice(0, 60) : `服务器回答 ${response.status}`;
}

function post(path, body) {
  return fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

// --- the stream

function connect() {
  source?.close();
  source = new EventSource(`events?user=${encodeURIComponent(user)}&last=${encodeURIComponent(last)}`);
  const on = (name, does) => source.addEventListener(name, (e) => {
    if (e.lastEventId) last = e.lastEventId;
    does(JSON.parse(e.data));
  });
  on('hello', (c) => {
    $('presence').textContent = '在线';
    setClock(c);
  });
  on('clock', setClock);
  on('reset', clear);
  on('entry', show);
  on('typing', (t) => typing(t.busy > 0));
  on('panel', showPanel);
  on('talks', markUnread);
  on('ready', ready);
  source.onerror = () => {
    $('presence').textContent = '正在重新连接…';
    typing(false);
    // A browser goes on by itself, except after an answer it does not accept.
    if (source.readyState === EventSource.CLOSED) setTimeout(reconnect, 2000, source);
  };
}

function reconnect(broken) {
  if (broken === source && !document.hidden) connect();
}

function ready() {
  if (live) return;
  live = true;
  log.setAttribute('aria-busy', 'false');
  showHints(!log.querySelector('.me'));
  toEnd();
}

// A page nobody looks at gives its connection back: browsers allow six per server.
document.addEventListener('visibilitychange', () => {
  if (document.hidden) source?.close();
  else connect();
});

// --- users

function become(id) {
  const chosen = [...document.querySelectorAll('.user')].find((b) => b.dataset.user === id)
    ?? document.querySelector('.user');
  if (chosen.dataset.user === user) return;
  user = chosen.dataset.user;
  for (const b of document.querySelectorAll('.user')) b.setAttribute('aria-pressed', String(b === chosen));
  $('pill-name').textContent = chosen.dataset.name;
  document.title = `违章助手 · ${chosen.dataset.name}`;
  history.replaceState(null, '', `#${user}`);
  clear();
  typing(false);
  last = '';
  live = false;
  log.setAttribute('aria-busy', 'true');
  showHints(false);
  connect();
}

for (const b of document.querySelectorAll('.user')) {
  b.addEventListener('click', () => { become(b.dataset.user); openPanel(false); });
}
addEventListener('hashchange', () => become(location.hash.slice(1)));

// Whoever is not shown and was told something meanwhile gets a dot.
const read = {}; // user → number of the newest entry seen, or there when the page was opened

function markUnread(newest) {
  let any = false;
  for (const b of document.querySelectorAll('.user')) {
    const id = b.dataset.user;
    if (id === user || !(id in read) || newest[id] < read[id]) read[id] = newest[id];
    const unread = newest[id] > read[id];
    b.querySelector('.dot').hidden = !unread;
    any ||= unread;
  }
  $('pill-dot').hidden = !any;
}

// --- the panel

let panelShown = null;

function showPanel(view) {
  const { meter, actions, switches } = view;
  set($('charged'), meter.charged);
  set($('yuan'), meter.yuan);
  $('pill-cost').textContent = `¥${meter.yuan}`;
  $('pill-cost').hidden = false;
  const rows = [
    { label: '缓存省下', value: `${meter.cacheHits} 次` },
    ...(meter.rows ?? []),
  ];
  if (meter.calls !== meter.charged) rows.splice(1, 0, { label: '没有收费的查询', value: `${meter.calls - meter.charged} 次` });
  $('rows').replaceChildren(...rows.map((r) => {
    const row = make('div');
    row.append(make('dt', '', r.label), make('dd', '', r.value));
    return row;
  }));
  showActions(actions ?? []);
  showSwitches(switches ?? []);
  panelShown = view;
}

function set(element, value) {
  if (element.textContent === String(value)) return;
  element.textContent = value;
  if (!panelShown) return;
  element.classList.remove('changed');
  void element.offsetWidth; // so that the flash begins anew
  element.classList.add('changed');
}

// rowFor finds the row of a switch or button, or makes it. Rows are changed in
// place: one that has the focus keeps it.
function rowFor(box, className, { id, label, hint }, onclick) {
  let b = [...box.children].find((e) => e.dataset.id === id);
  if (!b) {
    b = button(className, undefined, () => onclick(b));
    b.dataset.id = id;
    const words = make('span');
    words.append(make(className === 'action' ? 'b' : 'span', '', label));
    if (hint) words.append(make('small', '', hint));
    b.append(words);
    box.append(b);
  }
  return b;
}

function showSwitches(switches) {
  for (const s of switches) {
    const b = rowFor($('switches'), 'switch', s, turn);
    if (!b.querySelector('.knob')) b.append(make('span', 'knob'));
    b.setAttribute('role', 'switch');
    b.setAttribute('aria-checked', String(s.on));
  }
}

function showActions(actions) {
  for (const a of actions) rowFor($('actions'), 'action', a, (b) => act(b, a));
  $('doing').hidden = actions.length === 0;
}

// One press is one action: its answer, when lost, is not asked for again.
async function act(b, { id, look }) {
  if (b.getAttribute('aria-busy') === 'true') return;
  b.setAttribute('aria-busy', 'true');
  let text = '没有连上';
  let done = false;
  try {
    const r = await post('act', { id });
    done = r.ok;
    text = done ? (await r.json()).said : await reason(r);
  } catch {
    // The sentence is there already.
  }
  b.removeAttribute('aria-busy');
  $('said').classList.toggle('bad', !done);
  $('said').textContent = text;
  if (done && look && openPanel(false)) toast(text);
}

let toastTimer;

function toast(text) {
  clearTimeout(toastTimer);
  $('toast').textContent = text;
  $('toast').hidden = false;
  toastTimer = setTimeout(() => { $('toast').hidden = true; }, 8000);
}

async function turn(b) {
  const on = b.getAttribute('aria-checked') !== 'true';
  b.setAttribute('aria-checked', String(on));
  try {
    if ((await post('panel', { id: b.dataset.id, on })).ok) return;
  } catch {
    // Shown by turning back.
  }
  b.setAttribute('aria-checked', String(!on));
}

// On a phone the panel is a drawer: while it is open the chat behind is inert.
// The result tells whether it moved.
function openPanel(open) {
  const drawer = $('panel');
  if (drawer.classList.contains('open') === open) return false;
  drawer.classList.toggle('open', open);
  $('shade').hidden = !open;
  $('chat').inert = open;
  $('open-panel').setAttribute('aria-expanded', String(open));
  (open ? $('close-panel') : $('open-panel')).focus();
  return true;
}

$('open-panel').addEventListener('click', () => openPanel(true));
$('close-panel').addEventListener('click', () => openPanel(false));
$('shade').addEventListener('click', () => openPanel(false));
addEventListener('keydown', (e) => { if (e.key === 'Escape') openPanel(false); });
matchMedia('(min-width: 861px)').addEventListener('change', (e) => { if (e.matches) openPanel(false); });

// --- the input

function showHints(open) {
  $('hints').hidden = !open;
  $('examples').setAttribute('aria-expanded', String(open));
}

function fit() {
  input.style.height = 'auto';
  input.style.height = `${input.scrollHeight + 2}px`;
}

function submit() {
  const text = input.value.trim();
  if (!text) return;
  input.value = '';
  fit();
  say(text);
}

$('form').addEventListener('submit', (e) => { e.preventDefault(); submit(); });
input.addEventListener('input', fit);
input.addEventListener('keydown', (e) => {
  // Enter that ends the choice of a Chinese character is not meant for us.
  if (e.key !== 'Enter' || e.shiftKey || e.isComposing || e.keyCode === 229) return;
  e.preventDefault();
  submit();
});
$('examples').addEventListener('click', () => showHints($('hints').hidden));
for (const b of document.querySelectorAll('.hint')) b.addEventListener('click', () => say(b.textContent));

become(location.hash.slice(1));
if (!matchMedia('(pointer: coarse)').matches) input.focus(); // there it would raise the keyboard
