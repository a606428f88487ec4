// A chart on the page: fetch → draw → hover, zoom, full screen, downloads, and the part of the address that restores it.
// The figure element and the chart-source in it belong to Blazor, everything else inside it to this module. A chart-source
// is drawn as soon as it is in the document, which is before there is a circuit.

import { fetchChart } from './payload.js';
import { figure as build, logTicks, namedTicks, plotly, stackedHeight } from './plot.js';
import { paintClouds, pointAt } from './cloud.js';
import { drawGrid, gridHeight } from './grid.js';
import { cellAt, paintMaps, placeMaps } from './map.js';
import { exact, hide, show } from './tip.js';

const charts = new Map();

const near = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const state = charts.get(entry.target);
    if (!state) continue;
    state.near = entry.isIntersecting;
    if (!state.near && state.options.lazy) release(state);
  }
  schedule();
}, { rootMargin: '600px 0px' });

const inSight = new IntersectionObserver(entries => {
  for (const entry of entries) {
    const state = charts.get(entry.target);
    if (state) state.sighted = entry.isIntersecting;
  }
  schedule();
});

let whenDrawn;

/** Waits until every chart in sight is drawn; where there is none, not at all. */
export const drawn = () => new Promise(done => {
  whenDrawn = () => {
    if ([...charts.values()].every(state =>
      state.sighted === false || (state.drawn === state.url && !state.figure.hasAttribute('aria-busy')))) {
      whenDrawn = undefined;
      done();
    }
  };
  queueMicrotask(() => whenDrawn?.());
});

/** Draws what the reader sees first; what is further down waits until that is there. */
function schedule() {
  whenDrawn?.();
  const all = [...charts.values()];
  const waiting = all.filter(state =>
    state.asked !== state.url && state.sighted !== undefined && (state.near || !state.options.lazy));
  const seen = waiting.filter(state => state.sighted);
  if (seen.length > 0) {
    seen.forEach(load);
  } else if (!all.some(state => state.sighted && state.drawn !== state.url)) {
    waiting.forEach(load);
  }
}

const resized = new ResizeObserver(entries => {
  for (const entry of entries) {
    const state = charts.get(entry.target.closest('figure'));
    if (state?.data && Math.abs(entry.contentRect.width - state.width) > 4) {
      clearTimeout(state.timer);
      state.timer = setTimeout(() => redraw(state), 80);
    }
  }
});

class ChartSource extends HTMLElement {
  static observedAttributes = ['href'];

  connectedCallback() {
    this.figure = this.closest('figure');
    this.show();
  }

  attributeChangedCallback() {
    // Before it is in a figure, there is nothing to show.
    if (this.figure) this.show();
  }

  disconnectedCallback() {
    // A figure that changes its place among others leaves the document too, and is back at once.
    queueMicrotask(() => this.isConnected || unmount(this.figure));
  }

  show() {
    mount(this.figure, this.getAttribute('href'), {
      id: this.figure.id.replace(/^chart-/, ''),
      lazy: this.hasAttribute('lazy'),
      smallMaps: Number(this.getAttribute('small-maps')),
    });
  }
}

/** Tells the page from now on, and of what was before, what happens in a figure's chart: `Picked` and `Viewed`. */
export function connect(figure, page) {
  charts.get(figure)?.connect(page);
}

const tell = async (state, ...message) => (await state.page).invokeMethodAsync(...message);

/** Shows the chart of an address in a figure; called again, it replaces the chart there. */
function mount(figure, url, options) {
  let state = charts.get(figure) ?? adopt(figure, url, options.id);
  if (!state) {
    state = { figure, options };
    state.page = new Promise(connect => state.connect = connect);
    scaffold(state);
    charts.set(figure, state);
    if (options.smallMaps > 0) {
      state.plot.style.height = `${gridHeight(options.smallMaps, state.plot.clientWidth)}px`;
    }
    near.observe(figure);
    inSight.observe(figure);
    resized.observe(state.plot);
    // When everything that came with it is in its place, and before that is painted.
    queueMicrotask(() => look(state));
  }
  state.options = options;
  if (state.url !== url) {
    // The first picture follows the address; the next one shows other data, for which the old zoom has no meaning.
    const first = state.url === undefined;
    const zoomed = state.view?.zoom;
    state.view = first ? readView(options.id) : { ...state.view, zoom: undefined };
    state.url = url;
    if (!first && zoomed) writeView(state);
    links(state);
    schedule();
  }
}

/** The circuit puts its own page in place of the one that came with the document: what was drawn there moves along. */
function adopt(figure, url, id) {
  const state = [...charts.values()].find(state =>
    !state.figure.isConnected && state.url === url && state.options.id === id);
  if (!state) return undefined;
  const before = state.figure;
  charts.delete(before);
  near.unobserve(before);
  inSight.unobserve(before);
  state.figure = figure;
  charts.set(figure, state);
  for (const { name, value } of [...before.attributes]) {
    if (/^(data-|aria-)/.test(name)) figure.setAttribute(name, value);
  }
  figure.classList.toggle('spread', before.classList.contains('spread'));
  figure.append(...[...before.children].filter(child => !(child instanceof ChartSource)));
  near.observe(figure);
  inSight.observe(figure);
  return state;
}

/** Where a new chart is, for which the observers wait until the page is painted. */
function look(state) {
  const { top, bottom } = state.figure.getBoundingClientRect();
  state.near ??= bottom > -600 && top < innerHeight + 600;
  state.sighted ??= bottom > 0 && top < innerHeight;
  schedule();
}

function unmount(figure) {
  const state = charts.get(figure);
  if (state) {
    near.unobserve(figure);
    inSight.unobserve(figure);
    resized.unobserve(state.plot);
    state.abort?.abort();
    clearTimeout(state.timer);
    release(state);
    charts.delete(figure);
    hide();
    schedule();
  }
}

/** Draws all charts again, after the page turned light or dark. */
export function repaint() {
  for (const state of charts.values()) {
    if (state.data) redraw(state);
  }
}

async function load(state) {
  state.abort?.abort();
  const abort = state.abort = new AbortController();
  const url = state.asked = state.url;
  const begun = performance.now();
  state.figure.dataset.state = 'loading';
  state.figure.setAttribute('aria-busy', 'true');
  try {
    const [data] = await Promise.all([fetchChart(url, abort.signal), plotly()]);
    if (abort.signal.aborted) return;
    state.data = data;
    state.drawn = url;
    await redraw(state);
    state.figure.dataset.ms = Math.round(performance.now() - begun);
  } catch (failure) {
    if (abort.signal.aborted) return;
    release(state);
    state.drawn = state.asked = url;
    state.message.textContent = failure.message;
    state.logX.hidden = state.logY.hidden = true;
    state.figure.dataset.state = 'error';
  } finally {
    if (!abort.signal.aborted) {
      state.figure.removeAttribute('aria-busy');
      schedule();
    }
  }
}

async function redraw(state) {
  const { data, plot } = state;
  if (!data) return;
  state.message.textContent = '';
  state.title.textContent = data.chart.title;
  state.caption.textContent = data.caption ?? '';
  state.figure.setAttribute('aria-label', data.chart.title);
  state.figure.classList.toggle('spread', data.chart.columns > 1);
  state.width = plot.clientWidth;
  if (isGrid(data.chart)) {
    window.Plotly.purge(plot);
    plot.style.height = `${gridHeight(data.chart.panels.length, state.width, data.chart)}px`;
    drawGrid(plot, data, (panel, row, column) => tell(state, 'Picked', panel, row, column));
  } else {
    if (plot.querySelector(':scope > .grid')) plot.replaceChildren();
    const stacked = stackedHeight(data.chart, state.width);
    plot.style.height = stacked === null ? '' : `${stacked}px`;
    let picture = build(data, plot, state.view);
    if (picture.filled < plot.clientHeight && isAlone(state.figure)) {
      plot.style.height = `${picture.filled}px`;
      picture = build(data, plot, state.view);
    }
    const { data: traces, layout, hover, maps, clouds, named } = picture;
    Object.assign(state, { hover, maps, clouds, named });
    await window.Plotly.react(plot, traces, layout, { displayModeBar: false, responsive: false, doubleClick: 'reset', scrollZoom: false, showTips: false });
    referWithin(plot);
    await adjust(state, logTicks(plot));
    paintMaps(plot, maps);
    paintClouds(plot, clouds);
    listen(state);
  }
  toggles(state);
  state.figure.dataset.state = 'ready';
}

/** Below a chart alone on its page nothing jumps when it takes less room than was kept for it. */
const isAlone = figure => figure.closest('.charts')?.childElementCount === 1;

/** Plotly names what clips its lines and fills its colour bars by the page's address, which changes with every choice: both would be gone, or stick out. */
function referWithin(plot) {
  if (!plot._context._baseUrl) return;
  plot._context._baseUrl = '';
  for (const clipped of plot.querySelectorAll('[clip-path]')) {
    clipped.setAttribute('clip-path', clipped.getAttribute('clip-path').replace(/^url\('[^#]*(#[^']+)'\)$/, 'url($1)'));
  }
  for (const filled of plot.querySelectorAll('.gradient_filled')) {
    filled.style.fill = filled.style.fill.replace(/^url\("[^#]*(#[^"]+)"\)$/, 'url("$1")');
  }
}

const isGrid = chart => chart.panels.length > 6
  && ['heat-map', 'histogram'].some(kind => chart.panels.every(panel => panel.marks.length === 1 && panel.marks[0].mark === kind));

function release(state) {
  window.Plotly?.purge(state.plot);
  state.plot.replaceChildren();
  state.plot.removeAllListeners?.();
  state.listening = false;
  state.data = state.hover = state.maps = state.clouds = state.named = state.cursor = undefined;
  state.drawn = state.asked = undefined;
  delete state.figure.dataset.state;
}

// ---- the frame around the picture

function element(name, properties, ...children) {
  const result = Object.assign(document.createElement(name), properties);
  result.append(...children);
  return result;
}

function scaffold(state) {
  const { figure } = state;
  state.title = element('h3', { className: 'chart-title' });
  state.caption = element('figcaption', { className: 'chart-caption' });
  state.message = element('p', { className: 'chart-message' });
  state.message.setAttribute('role', 'alert');
  state.plot = element('div', { className: 'plot', tabIndex: 0 });
  state.plot.setAttribute('role', 'img');
  const button = (text, title, act) => {
    const result = element('button', { type: 'button', textContent: text, title, onclick: act });
    result.setAttribute('aria-label', title);
    return result;
  };
  state.logX = button('log x', 'logarithmic x axis', () => toggle(state, 'logX'));
  state.logY = button('log y', 'logarithmic y axis', () => toggle(state, 'logY'));
  state.links = ['png', 'svg', 'csv', 'parquet'].map(format =>
    Object.assign(element('a', { textContent: format.toUpperCase(), title: `download as ${format}` }), { download: '' }));
  state.logX.hidden = state.logY.hidden = true;
  state.tools = element('div', { className: 'chart-tools' }, state.logX, state.logY,
    button('reset', 'show everything again (double click)', () => { state.view = {}; writeView(state); redraw(state); }),
    button('⤢', 'full screen (f)', () => fullScreen(state.figure)),
    ...state.links);
  const head = element('header', { className: 'chart-head' }, state.title, state.tools);
  figure.append(head, state.plot, state.message, state.caption);
  state.plot.addEventListener('keydown', event => keys(state, event));
  state.plot.addEventListener('mousemove', event => overPainted(state, event));
  state.plot.addEventListener('mouseleave', () => (state.maps?.length || state.clouds?.length) && hide());
  state.plot.addEventListener('click', event => {
    const at = paintedAt(state, event);
    if (at) pick(state, at);
  });
  state.plot.addEventListener('blur', hide);
}

function links(state) {
  for (const link of state.links) {
    const format = link.textContent.toLowerCase();
    const view = JSON.stringify(state.view ?? {});
    link.title = state.view?.zoom ? `download the part that is shown as ${format}` : `download as ${format}`;
    link.href = state.url.replace('.bin?', `.${format}?`) + (view === '{}' ? '' : `&view=${encodeURIComponent(view)}`);
  }
}

function toggles(state) {
  const plain = !isGrid(state.data.chart)
    && state.data.chart.panels.every(panel => panel.marks.every(mark => mark.mark !== 'heat-map'));
  const panels = state.data.chart.panels;
  for (const [button, key, letter] of [[state.logX, 'logX', 'x'], [state.logY, 'logY', 'y']]) {
    button.hidden = !plain || panels.every(panel => panel[letter].categories || panel[letter].scale === 'log');
    button.setAttribute('aria-pressed', String(Boolean(state.view?.[key])));
  }
}

function toggle(state, key) {
  state.view = { ...state.view, [key]: !state.view?.[key], zoom: undefined };
  writeView(state);
  redraw(state);
}

export function fullScreen(figure) {
  return document.fullscreenElement ? document.exitFullscreen() : figure.requestFullscreen();
}

document.addEventListener('fullscreenchange', ({ target }) => {
  const state = charts.get(target);
  if (state) setTimeout(() => redraw(state), 60);
});

// ---- what the address keeps: zoom and logarithmic axes

function readView(id) {
  try {
    return JSON.parse(new URLSearchParams(location.search).get(`view-${id}`) ?? '{}') ?? {};
  } catch {
    return {};
  }
}

// The circuit owns the address: told there, the choice survives the next choice made on the page.
function writeView(state) {
  links(state);
  const text = JSON.stringify(state.view ?? {});
  tell(state, 'Viewed', text === '{}' ? null : text);
}

const axisName = (letter, i) => `${letter}axis${i === 0 ? '' : i + 1}`;

// ---- events of the picture

function listen(state) {
  if (state.listening) return;
  state.listening = true;
  state.plot.on('plotly_hover', event => {
    const point = event.points[0];
    state.cursor = point;
    show(describe(state, point), event.event.clientX, event.event.clientY);
  });
  state.plot.on('plotly_unhover', hide);
  state.plot.on('plotly_click', event => {
    pick(state, event.points[0]);
  });
  state.plot.on('plotly_relayouting', () => place(state));
  state.plot.on('plotly_relayout', change => {
    place(state);
    if (state.quiet || !Object.keys(change).some(key => /axis\d*\.(range|autorange)/.test(key))) return;
    const layout = state.plot._fullLayout;
    const zoom = {};
    state.data.chart.panels.forEach((_, i) => {
      const round = range => range.map(v => Number(v.toPrecision(7)));
      zoom[i] = { x: round(layout[axisName('x', i)].range), y: round(layout[axisName('y', i)].range) };
    });
    const reset = Object.keys(change).some(key => key.endsWith('autorange'));
    state.view = { ...state.view, zoom: reset ? undefined : zoom };
    writeView(state);
    ticks(state);
  });
}

/** Puts what is painted beside Plotly's picture where its axes are now. */
function place(state) {
  placeMaps(state.plot, state.maps ?? []);
  paintClouds(state.plot, state.clouds ?? []);
}

/** What the pointer means of what is painted: the cell below it, or the nearest point. */
function paintedAt(state, event) {
  const cell = cellAt(state.maps ?? [], event.clientX, event.clientY);
  if (cell) return { curveNumber: cell.map.trace, pointNumber: [cell.row, cell.column] };
  const near = pointAt(state.plot, state.clouds ?? [], event.clientX, event.clientY);
  return near && { curveNumber: near.cloud.trace, pointNumber: near.point };
}

/** Shows the cell or point under the pointer. */
function overPainted(state, event) {
  if (!(state.maps?.length || state.clouds?.length) || event.buttons) return;
  const at = paintedAt(state, event);
  if (at) {
    state.cursor = at;
    show(describe(state, state.cursor), event.clientX, event.clientY);
  } else if (state.over) {
    hide();
  }
  state.over = at !== null;
}

function ticks(state) {
  const update = logTicks(state.plot);
  for (const { key, names, pixels, each } of state.named) {
    const [from, to] = state.plot._fullLayout[key].range;
    const { tickvals, ticktext } = namedTicks(names, from, to, pixels, each);
    update[`${key}.tickvals`] = tickvals;
    update[`${key}.ticktext`] = ticktext;
  }
  adjust(state, update);
}

/** Changes the layout without its being taken for the reader's choice. */
async function adjust(state, update) {
  if (Object.keys(update).length === 0) return;
  state.quiet = true;
  try {
    await window.Plotly.relayout(state.plot, update);
  } finally {
    state.quiet = false;
  }
}

/** Tells the page which cell or point was chosen. */
function pick(state, { curveNumber, pointNumber }) {
  const [row, column] = Array.isArray(pointNumber) ? pointNumber
    : [state.hover[curveNumber]?.members?.[pointNumber] ?? pointNumber, 0];
  tell(state, 'Picked', panelOf(state, curveNumber), row, column);
}

const panelOf = (state, curve) => state.data.chart.panels.indexOf(state.hover[curve]?.panel);

const nameAt = (axis, at) => axis.categories?.[at] ?? String(at);

/** The exact value first, then the names of what it belongs to. */
export function describeCell(panel, mark, row, column) {
  return [
    `${mark.colors.label || 'value'} = ${exact(mark.matrix.values[row * mark.matrix.columns + column], true)}`,
    `${panel.y.label}: ${nameAt(panel.y, row)}`,
    `${panel.x.label}: ${nameAt(panel.x, column)}`,
    panel.title,
  ];
}

function describe(state, point) {
  const { panel, mark, members } = state.hover[point.curveNumber];
  if (mark.mark === 'heat-map') {
    return describeCell(panel, mark, ...point.pointNumber);
  }
  const at = members ? members[point.pointNumber] : point.pointNumber;
  switch (mark.mark) {
    case 'histogram':
      return [
        `${panel.y.label} ${Number.isInteger(mark.counts[at]) ? '=' : '≈'} ${Number(mark.counts[at].toPrecision(6))}`,
        `${panel.x.label}: ${[at, at + 1].map(edge => Number(mark.edges[edge].toPrecision(6))).join(' to ')}`,
        mark.name, panel.title,
      ];
    case 'bars':
      return [`${panel.y.label} = ${exact(mark.values[at])}`, `${panel.x.label}: ${nameAt(panel.x, at)}`, mark.name, panel.title];
    default:
      return [
        `${panel.y.label} = ${exact(mark.y[at])}`,
        `${panel.x.label} = ${panel.x.categories ? nameAt(panel.x, mark.x[at]) : exact(mark.x[at])}`,
        mark.labels?.[at] ?? '', mark.categories?.[at] ?? '',
        mark.values ? `${mark.colors?.label || 'value'} = ${exact(mark.values[at])}` : '', mark.name, panel.title,
      ];
  }
}

/** Arrow keys walk over the cells of a heat map or the points of a line; Shift takes ten at once, Enter picks. */
function keys(state, event) {
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (event.key === 'Escape') hide();
  if (!state.hover?.length || (!steps && event.key !== 'Enter')) return;
  const curve = state.cursor?.curveNumber ?? 0;
  const info = state.hover[curve];
  if (!info) return;
  event.preventDefault();
  const { mark, panel } = info;
  const map = mark.mark === 'heat-map';
  const [rows, columns] = map ? [mark.matrix.rows, mark.matrix.columns] : [1, (info.members ?? mark.x ?? mark.values ?? mark.counts).length];
  let [row, column] = Array.isArray(state.cursor?.pointNumber) ? state.cursor.pointNumber : [0, state.cursor?.pointNumber ?? 0];
  if (event.key === 'Enter') {
    tell(state, 'Picked', panelOf(state, curve), map ? row : column, map ? column : 0);
    return;
  }
  const by = event.shiftKey ? 10 : 1;
  row = Math.min(rows - 1, Math.max(0, row + steps[0] * by));
  column = Math.min(columns - 1, Math.max(0, column + steps[1] * by));
  state.cursor = { curveNumber: curve, pointNumber: map ? [row, column] : column };
  const i = state.data.chart.panels.indexOf(panel);
  const layout = state.plot._fullLayout, xAxis = layout[axisName('x', i)], yAxis = layout[axisName('y', i)];
  const trace = state.clouds.some(cloud => cloud.trace === curve) ? mark : state.plot.data[curve];
  const at = trace === mark ? info.members?.[column] ?? column : column;
  const [x, y] = map ? [column, row] : [trace.x[at], trace.y[at]];
  const box = state.plot.getBoundingClientRect();
  show(describe(state, state.cursor), box.left + xAxis._offset + xAxis.d2p(x), box.top + yAxis._offset + yAxis.d2p(y));
}

customElements.define('chart-source', ChartSource);
