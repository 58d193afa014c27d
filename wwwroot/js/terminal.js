// A terminal on a page: xterm.js between the keys of the user and the session in the panel. What a guest writes goes to xterm.js and nowhere else.
import { Terminal } from '../lib/xterm/xterm.mjs';
import { FitAddon } from '../lib/xterm/addon-fit.mjs';

const largestPiece = 8192;
const keys = { escape: '\x1b', tab: '\t', interrupt: '\x03', end: '\x04', up: '\x1b[A', down: '\x1b[B' };

// Control strings by which a program reaches beyond the screen: titles, links, the clipboard (xterm's ctlseqs, "Operating System Commands").
const refused = [0, 1, 2, 8, 52];

const style = () => new Promise(done => {
  const known = document.getElementById('xterm-style');
  if (known) { done(); return; }
  const link = document.createElement('link');
  Object.assign(link, { id: 'xterm-style', rel: 'stylesheet', href: new URL('../lib/xterm/xterm.css', import.meta.url).href, onload: done, onerror: done });
  document.head.append(link);
});

const theme = () => {
  const of = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return {
    background: of('--vp-console'), foreground: of('--vp-console-ink'), cursor: of('--vp-lamp'), cursorAccent: of('--vp-console'), selectionBackground: '#2f5c52',
    black: '#22302c', red: '#ff8e84', green: '#6fd39b', yellow: '#f2c46d', blue: '#86b6f2', magenta: '#d9a3e8', cyan: '#6fd0c3', white: '#d5dedb',
    brightBlack: '#7d8f88', brightRed: '#ffb0a8', brightGreen: '#9be5bb', brightYellow: '#ffdc9a', brightBlue: '#b0d0fa', brightMagenta: '#eac6f4', brightCyan: '#a0e5dc', brightWhite: '#ffffff',
  };
};

export async function open(host, page) {
  await Promise.all([style(), document.fonts?.load('14px "IBM Plex Mono"')]);
  const terminal = new Terminal({
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue('--vp-mono'),
    fontSize: host.clientWidth < 600 ? 12 : 14,
    lineHeight: 1.15,
    scrollback: 5000,
    cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
    theme: theme(),
    linkHandler: { activate() { } },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  refused.forEach(code => terminal.parser.registerOscHandler(code, () => true));
  terminal.open(host);
  terminal.textarea?.setAttribute('aria-label', host.dataset.label ?? 'Terminal');
  // Tab is the shell's, so that a keyboard needs another way out (WCAG 2.2, 2.1.2 "No Keyboard Trap")
  terminal.attachCustomKeyEventHandler(event => {
    if (event.key !== 'F6' || !event.ctrlKey) return true;
    event.preventDefault();
    terminal.blur();
    return false;
  });
  fit.fit();

  let gone = false;
  let replaying = false;
  let waiting = [];
  let sending = false;
  const send = async () => {
    if (sending) return;
    sending = true;
    try {
      while (waiting.length > 0 && !gone) {
        const all = waiting;
        waiting = [];
        const bytes = new Uint8Array(all.reduce((sum, piece) => sum + piece.length, 0));
        all.reduce((at, piece) => { bytes.set(piece, at); return at + piece.length; }, 0);
        for (let at = 0; at < bytes.length && !gone; at += largestPiece) await page.invokeMethodAsync('TypeAsync', bytes.slice(at, at + largestPiece));
      }
    } catch {
      // the connection to the panel is lost; its notice says so
      waiting = [];
    } finally {
      sending = false;
    }
  };
  const type = bytes => {
    // a past screen is drawn again: what it asked the terminal has been answered then
    if (replaying || gone) return;
    waiting.push(bytes);
    send();
  };
  const encoder = new TextEncoder();
  terminal.onData(text => type(encoder.encode(text)));
  terminal.onBinary(text => type(Uint8Array.from(text, c => c.charCodeAt(0))));

  const told = () => { if (!gone) page.invokeMethodAsync('ResizeAsync', terminal.cols, terminal.rows).catch(() => { }); };
  let timer = 0;
  const resized = new ResizeObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (!gone && host.clientWidth > 0) { fit.fit(); told(); } }, 120);
  });
  resized.observe(host);

  const recolour = () => { terminal.options.theme = theme(); };
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', recolour);
  const chosen = new MutationObserver(recolour);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });

  const onKey = event => {
    const key = keys[event.target.closest('[data-terminal-key]')?.dataset.terminalKey];
    if (!key) return;
    event.preventDefault();
    type(encoder.encode(key));
    terminal.focus();
  };
  document.addEventListener('click', onKey);

  return {
    size: () => [terminal.cols, terminal.rows],
    told,
    focus: () => terminal.focus(),
    // answers when it is on the screen: the panel sends no more before
    write: async (bytes, isReset, isReplay) => {
      if (gone) return;
      if (isReset) terminal.reset();
      replaying = isReplay;
      await new Promise(done => terminal.write(bytes, done));
      replaying = false;
    },
    // the last screen stays
    end: () => {
      terminal.options.disableStdin = true;
      terminal.options.cursorBlink = false;
      terminal.write('\x1b[?25l');
    },
    begin: () => {
      terminal.options.disableStdin = false;
      terminal.reset();
    },
    dispose: () => {
      gone = true;
      clearTimeout(timer);
      resized.disconnect();
      chosen.disconnect();
      scheme.removeEventListener('change', recolour);
      document.removeEventListener('click', onKey);
      terminal.dispose();
    },
  };
}
