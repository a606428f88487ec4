// What belongs to the page as a whole: when its circuit starts, light and dark, keys, the clipboard.

import { connect, drawn, fullScreen, repaint } from './chart.js';
import { plotly } from './plot.js';

export { connect };

// Drawing what is in sight and starting the circuit want the same processor: pictures come first, if they come soon.
const soon = new Promise(done => setTimeout(done, 2000));
const whole = new Promise(done =>
  document.readyState === 'loading' ? document.addEventListener('DOMContentLoaded', done) : done());
whole.then(() => Promise.race([drawn(), soon])).then(() => window.Blazor?.start());

// Fetch the drawing library while the reader looks at the first page.
(window.requestIdleCallback ?? setTimeout)(() => plotly().catch(() => {}));

export function toggleTheme() {
  const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem('theme', next);
  } catch {
    // A browser without storage forgets the choice.
  }
  repaint();
}

export async function copy(text) {
  await navigator.clipboard.writeText(text);
}

export function focus(element) {
  element?.focus();
}

/** Scrolls the list of a page's side to what is chosen there, and never the page itself. */
export function reveal() {
  const chosen = document.querySelector('.side .here');
  if (!chosen) return;
  const side = chosen.closest('.side');
  const from = chosen.getBoundingClientRect(), within = side.getBoundingClientRect();
  if (from.top < within.top || from.bottom > within.bottom) {
    side.scrollTop += from.top - within.top - side.clientHeight / 2;
  }
}

document.addEventListener('keydown', event => {
  const target = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) {
    return;
  }
  if (event.key >= '1' && event.key <= '9') {
    document.querySelectorAll('nav.pages a')[Number(event.key) - 1]?.click();
  } else if (event.key === '/') {
    event.preventDefault();
    document.querySelector('[data-search]')?.focus();
  } else if (event.key === 'd') {
    toggleTheme();
  } else if (event.key === 'f') {
    const figure = target.closest?.('figure.chart') ?? document.querySelector('figure.chart');
    if (figure) fullScreen(figure);
  }
});
