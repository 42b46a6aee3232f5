// What pages can do better with a script. Without it all of it works by links
// and forms.
(() => {
  'use strict';
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // Times are shown in the reader's own zone, and waiting goes on.
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
  const ago = ms => {
    const s = Math.max(0, Math.floor(ms / 1000));
    return s < 60 ? s + ' s' : s < 3600 ? Math.floor(s / 60) + ' min' : s < 172800 ? Math.floor(s / 3600) + ' h' : Math.floor(s / 86400) + ' days';
  };
  const tick = () => {
    for (const t of all('time[data-ago]')) {
      const text = ago(Date.now() - new Date(t.dateTime));
      if (t.textContent !== text) t.textContent = text;
    }
    for (const t of all('time[data-at]')) {
      t.textContent = day.format(new Date(t.dateTime));
      t.removeAttribute('data-at');
    }
  };
  tick();
  setInterval(tick, 1000);

  // The code of a link is in the fragment, which is sent to nobody by itself.
  const door = document.getElementById('door');
  const enter = () => {
    if (location.hash.length < 10) return;
    door.elements.code.value = location.hash.slice(1);
    history.replaceState(null, '', location.pathname + location.search);
    door.requestSubmit();
  };
  if (door) {
    enter();
    addEventListener('hashchange', enter); // the link was pasted on this very page
  }

  for (const b of all('[data-copy]')) {
    b.addEventListener('click', async () => {
      await navigator.clipboard.writeText(document.querySelector(b.dataset.copy).textContent.trim());
      b.textContent = 'Copied';
    });
  }

  // An inbox that is open all day does not grow for ever.
  const mostRows = 200;

  // A row that comes takes the place of the one that is there for its lead.
  const title = document.title;
  let unseen = 0;
  document.addEventListener('htmx:before:swap', e => {
    for (const task of e.detail.tasks || []) {
      const row = task.type === 'partial' && task.fragment.querySelector('.row');
      if (!row) continue;
      const old = document.getElementById(row.id);
      if (old) {
        task.target = old;
        task.swapSpec = { ...task.swapSpec, style: 'outerHTML' };
      } else if (document.hidden) {
        document.title = '(' + ++unseen + ') ' + title;
      }
      document.getElementById('empty')?.remove();
    }
  });
  // Some news is lost: what is shown is read again.
  document.addEventListener('reset', e => { if (e.target.hasAttribute('hx-sse:connect')) location.reload(); });
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) { unseen = 0; document.title = title; }
  });

  // Whoever is on a row or acts on it stays on it when it is replaced.
  let keep = '';
  for (const event of ['focusin', 'pointerdown', 'htmx:before:request']) {
    document.addEventListener(event, e => { keep = e.target.closest?.('.row')?.id || ''; });
  }
  document.addEventListener('htmx:after:swap', () => {
    const rows = document.getElementById('rows');
    while (rows && rows.childElementCount > mostRows) rows.lastElementChild.remove();
    if (keep && document.activeElement === document.body) document.querySelector('#' + keep + ' .open')?.focus();
  });

  // Everything by keyboard.
  const verbs = { c: 'claim', u: 'unclaim', m: 'contacted', x: 'junk' };
  document.addEventListener('keydown', e => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input, textarea, select')) return;
    const rows = all('.row');
    const here = document.activeElement.closest('.row');
    const go = step => {
      const at = here ? rows.indexOf(here) + step : 0;
      rows[Math.min(Math.max(at, 0), rows.length - 1)]?.querySelector('.open').focus();
    };
    if (e.key === 'j') go(1);
    else if (e.key === 'k') go(-1);
    else if (e.key === '/') document.getElementById('q')?.focus();
    else if (e.key === '?') { const k = document.querySelector('.keys'); if (k) k.open = !k.open; }
    else if (verbs[e.key]) (here || (rows.length ? null : document))?.querySelector('[data-verb=' + verbs[e.key] + ']')?.click();
    else return;
    e.preventDefault();
  });
})();
