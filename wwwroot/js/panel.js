// All script of our own: colours, the menu on small screens, the reconnect notice, copying, and logs that stay at their end.
(() => {
  'use strict';
  const root = document.documentElement;

  const chosen = () => root.dataset.theme || 'system';
  const paint = () => document.querySelectorAll('[data-theme-set]').forEach(b => {
    const pressed = String(b.dataset.themeSet === chosen());
    if (b.getAttribute('aria-pressed') !== pressed) b.setAttribute('aria-pressed', pressed);
  });
  const setTheme = theme => {
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    if (theme === 'system') {
      delete root.dataset.theme;
      document.cookie = `vsp-theme=; path=/; max-age=0; SameSite=Lax${secure}`;
    } else {
      root.dataset.theme = theme;
      document.cookie = `vsp-theme=${theme}; path=/; max-age=31536000; SameSite=Lax${secure}`;
    }
    paint();
  };

  const setNav = open => {
    document.body.classList.toggle('vp-nav-open', open);
    document.querySelector('[data-nav-toggle]')?.setAttribute('aria-expanded', String(open));
  };

  const copy = async button => {
    const source = document.getElementById(button.dataset.copy);
    const text = source?.value ?? source?.textContent ?? '';
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // no clipboard without https: select the text, the user presses the keys
      if (source?.select) source.select(); else if (source) getSelection().selectAllChildren(source);
      return;
    }
    const was = button.textContent;
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = was; }, 1500);
  };

  document.addEventListener('click', event => {
    const target = event.target.closest('[data-theme-set], [data-nav-toggle], [data-nav-close], [data-copy], [data-reconnect], .vp-side a');
    if (!target) return;
    if (target.dataset.themeSet) setTheme(target.dataset.themeSet);
    else if ('navToggle' in target.dataset) setNav(!document.body.classList.contains('vp-nav-open'));
    else if ('navClose' in target.dataset || target.matches('.vp-side a')) setNav(false);
    else if (target.dataset.copy) copy(target);
    else if (target.dataset.reconnect === 'reload') { event.preventDefault(); location.reload(); }
    else if (target.dataset.reconnect === 'retry') retry();
  });
  document.addEventListener('keydown', event => { if (event.key === 'Escape') setNav(false); });

  const retry = async () => {
    try {
      if (!await Blazor.reconnect() && !await Blazor.resumeCircuit?.()) location.reload();
    } catch {
      // still not there: the notice stays
    }
  };
  const notice = document.getElementById('components-reconnect-modal');
  notice?.addEventListener('components-reconnect-state-changed', event => {
    const state = event.detail.state;
    if (state === 'show') notice.showModal();
    else if (state === 'hide') notice.close();
    else if (state === 'failed') document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') retry(); }, { once: true });
    else if (state === 'rejected') location.reload();
  });

  // Blazor draws the buttons again and again: keep their state, and keep logs at their end unless the reader scrolled up.
  const follow = () => document.querySelectorAll('[data-follow]').forEach(log => {
    if (log.dataset.away !== 'true') log.scrollTop = log.scrollHeight;
  });
  document.addEventListener('scroll', event => {
    const log = event.target;
    if (log instanceof HTMLElement && 'follow' in log.dataset) log.dataset.away = String(log.scrollHeight - log.scrollTop - log.clientHeight > 40);
  }, true);
  // of tabs that do not fit, the one that is open is in sight
  const showTab = () => document.querySelectorAll('.vp-tabs').forEach(tabs => {
    const open = tabs.querySelector('[aria-current]');
    if (!open || tabs.dataset.shown === open.href) return;
    tabs.dataset.shown = open.href;
    tabs.scrollLeft = open.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - open.clientWidth) / 2;
  });
  new MutationObserver(() => { paint(); follow(); showTab(); }).observe(document.body, { childList: true, subtree: true });
  paint();
  showTab();
})();
