// Keeps the page up to date. Without it the page is as it was loaded.
'use strict';
const live = document.getElementById('live');
const say = (on, text) => { live.className = 'live ' + (on ? 'on' : 'off'); live.textContent = text; };
const source = new EventSource('events');
source.addEventListener('open', () => say(true, '实时'));
source.addEventListener('error', () => say(false, '连接中断，正在重连'));
source.addEventListener('sections', (event) => {
  const fresh = new DOMParser().parseFromString(event.data, 'text/html');
  for (const section of fresh.querySelectorAll('section[id]')) {
    const old = document.getElementById(section.id);
    if (!old || old.contains(document.activeElement) || old.isEqualNode(section)) continue;
    const open = [...old.querySelectorAll('details')].map((d) => d.open);
    section.querySelectorAll('details').forEach((d, i) => { d.open = Boolean(open[i]); });
    old.replaceWith(section);
  }
});
