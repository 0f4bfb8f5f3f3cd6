/* Makes the console quicker under the hand; every page works without it. */
(() => {
  const $ = selector => document.querySelector(selector), all = selector => [...document.querySelectorAll(selector)];

  // Failures become words; the draft stays where it is
  const fail = (e, why) => {
    const method = e.detail.ctx?.request?.method;
    if (!method) return;
    $('#toasts').replaceChildren($('#toast').content.cloneNode(true));
    $('#toasts p').textContent = `Not ${method == 'GET' ? 'load' : 'sav'}ed. ${why}. What you typed is still here.`;
  };
  addEventListener('htmx:response:error', e => {
    const { status } = e.detail.ctx.response;
    if (status > 499) fail(e, 'LeenOps answered ' + status);
  });
  addEventListener('htmx:error', e => fail(e, 'We could not reach LeenOps'));
  addEventListener('htmx:sse:error', () => document.body.dataset.live = 'lost');
  addEventListener('htmx:sse:after:connection', () => delete document.body.dataset.live);

  // Shortcuts: in the card in focus, after g, and s on a run
  let since = 0;
  addEventListener('keydown', e => {
    const { key, target } = e, card = target.closest('[data-card]'), cards = all('[data-card]'), step = { j: 1, k: -1 }[key];
    if (e.ctrlKey || e.metaKey || e.altKey || localStorage.keys == 'off' || target.matches('input,select,textarea') || $('dialog[open]')) return;
    let el;
    if (Date.now() - since < 1500) {
      since = 0;
      el = $(`[data-go="${CSS.escape(key)}"]`);
      el?.click();
    } else if (key == 'g') since = Date.now();
    else if (step) (el = cards[cards.indexOf(card) + step])?.focus();
    else if (key == '/') (el = $('[type=search]'))?.focus();
    else if (key == '?') (el = $('#shortcuts'))?.showModal();
    else if (/^[acdelqsu]$/.test(key) && (el = (key == 's' ? document : card)?.querySelector(`[data-key=${key}]`))) {
      el.focus();
      // what sends a form waits for Enter, claiming and low risk do not
      if (el.type != 'submit' || key == 'c' || key == 'a' && card.dataset.risk == 'low') el.click();
    }
    if (el) e.preventDefault();
  });

  // Relative times, and the time left to undo
  setInterval(() => {
    for (const el of all('[data-relative]')) {
      const past = Math.floor((Date.now() - Date.parse(el.dateTime)) / 1e3), n = Math.abs(past);
      const size = n < 60 ? n + ' s' : n < 3600 ? (n / 60 | 0) + ' min' : (n / 3600 | 0) + ' h';
      const words = past < 0 ? 'in ' + size : past < 10 ? 'just now' : size + ' ago';
      if (n < 86400 && words != el.textContent) el.textContent = words;
    }
    for (const el of all('[data-until]')) {
      el.value = (Date.parse(el.dataset.until) - Date.now()) / 1e3;
      const left = el.closest('.receipt').querySelector('[data-count]');
      if (left) left.textContent = Math.ceil(el.value);
    }
  }, 1e3);

  // Dismiss, copy, and commandfor and closedby where the browser lacks them
  addEventListener('click', async ({ target }) => {
    const copy = target.closest('[data-copy]'), button = target.closest('[commandfor]');
    if (target.closest('[data-dismiss]')) target.closest('.toast').remove();
    if (copy) {
      await navigator.clipboard.writeText($('#' + copy.dataset.copy).textContent.trim());
      copy.lastChild.textContent = $('#announcer').textContent = 'Copied';
    }
    if (button && !('commandForElement' in button))
      $('#' + button.getAttribute('commandfor'))[button.getAttribute('command').replace(/-./g, m => m[1].toUpperCase())]();
    if (target.matches('[closedby=any]') && !('closedBy' in target)) target.close();
  });
  const keys = $('[data-keys]');
  if (keys) {
    keys.checked = localStorage.keys != 'off';
    keys.onchange = () => localStorage.keys = keys.checked ? 'on' : 'off';
  }
})();
