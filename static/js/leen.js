/* Makes the console quicker under the hand. Every page works without it. */
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = selector => [...document.querySelectorAll(selector)];

  // 1. Failures become words; the draft stays where it is
  const fail = (event, why) => {
    const toast = $('#toast')?.content.cloneNode(true), method = event.detail.ctx?.request?.method;
    if (!toast || !method) return;
    $('p', toast).textContent = (method == 'GET' ? 'Not loaded. ' : 'Not saved. ') + why;
    $('#toasts').replaceChildren(toast);
  };
  addEventListener('htmx:response:error', e => {
    const status = e.detail.ctx.response.status;
    if (status > 499) fail(e, `LeenOps answered ${status}. What you typed is still here.`);
  });
  addEventListener('htmx:error', e => fail(e, 'We could not reach LeenOps. What you typed is still here.'));
  addEventListener('htmx:sse:error', () => document.body.dataset.live = 'lost');
  addEventListener('htmx:sse:after:connection', () => delete document.body.dataset.live);

  // 2. Shortcuts: the card in focus first, then the page
  let g = 0;
  const press = (el, now) => {
    const sends = el.matches('button[type=submit]:not([formmethod])');
    el[sends && !now ? 'focus' : 'click']();
  };
  addEventListener('keydown', e => {
    const at = e.target, key = e.key, card = at.closest?.('.ask');
    if (e.ctrlKey || e.metaKey || e.altKey || e.repeat || localStorage.keys == 'off' || $('dialog:modal') || at.matches?.('input,select,textarea,[contenteditable]')) return;
    let el;
    if (Date.now() - g < 1500) { g = 0; el = $(`[data-go="${CSS.escape(key)}"]`); el?.click(); }
    else if (key == 'g') g = Date.now();
    else if (key == '?') { el = $('#shortcuts'); el?.showModal(); }
    else if (key == '/') { el = $('[type=search]'); el?.focus(); }
    else if (key == 'j' || key == 'k') { const cards = all('.ask'), i = cards.indexOf(card); el = cards[key == 'j' ? i + 1 : i - 1]; el?.focus(); }
    else if (/^[aeds]$/.test(key)) { el = $(`[data-key=${key}]`, key == 's' ? document : card || $('template')); if (el) press(el, key == 'a' && card.dataset.risk == 'low'); }
    if (el) e.preventDefault();
  });

  // 3. Relative times and the time left to undo
  const ago = (then, s = Math.floor((Date.now() - then) / 1e3), n = Math.abs(s)) => {
    if (n >= 86400) return;
    const words = n < 60 ? n + ' s' : n < 3600 ? (n / 60 | 0) + ' min' : (n / 3600 | 0) + ' h';
    return s < 0 ? 'in ' + words : s < 10 ? 'just now' : words + ' ago';
  };
  setInterval(() => {
    for (const el of all('time[data-relative]')) {
      const words = ago(Date.parse(el.dateTime));
      if (words && words != el.textContent) el.textContent = words;
    }
    for (const el of all('[data-until]')) el.value = Math.max(0, (Date.parse(el.dataset.until) - Date.now()) / 1e3);
  }, 1e3);

  // 4. Copy, dismiss, and commandfor and closedby where the browser lacks them
  addEventListener('click', async e => {
    const hit = selector => e.target.closest?.(selector);
    let el;
    if (hit('[data-dismiss]')) hit('.toast').remove();
    if (el = hit('[data-copy]')) {
      await navigator.clipboard.writeText($('#' + el.dataset.copy).textContent.trim());
      $('span', el).textContent = $('#announcer').textContent = 'Copied';
    }
    if (!('commandForElement' in HTMLButtonElement.prototype) && (el = hit('[commandfor]')))
      $('#' + el.getAttribute('commandfor'))[el.getAttribute('command').replace(/-./g, m => m[1].toUpperCase())]();
    if (!('closedBy' in HTMLDialogElement.prototype) && e.target.matches?.('dialog[closedby=any]')) {
      const box = e.target.getBoundingClientRect();
      if (e.clientX < box.left || e.clientX > box.right || e.clientY < box.top || e.clientY > box.bottom) e.target.close();
    }
  });
  const keys = $('[data-keys]');
  if (keys) {
    keys.checked = localStorage.keys != 'off';
    keys.onchange = () => localStorage.keys = keys.checked ? 'on' : 'off';
  }
})();
