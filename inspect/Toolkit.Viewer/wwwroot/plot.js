// ChartSpec → Plotly. Panels become subplots of one figure. Positions on named axes stay numbers (two elements may bear the
// same name), and their tick labels are chosen anew at every zoom.

import { extremes } from './cloud.js';
import { range, stops, plotlyScale } from './colors.js';
import { exact } from './tip.js';

let loading;

/** Loads plotly.js once: the page's head may have begun to, else when the first chart wants it or the page is idle. */
export function plotly() {
  loading ??= window.Plotly ? Promise.resolve(window.Plotly) : new Promise((done, failed) => {
    let script = document.querySelector('script[data-plotly]');
    const begun = script !== null;
    script ??= document.createElement('script');
    script.addEventListener('load', () => done(window.Plotly));
    script.addEventListener('error', () => failed(new Error('plotly.js could not be loaded.')));
    if (!begun) {
      script.src = new URL('plotly.js', import.meta.url).href;
      document.head.append(script);
    }
  });
  return loading;
}

/** Plotly reads a little HTML in labels; a name from a run directory must stay text. */
export const plain = text => String(text ?? '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const shorten = (text, most = 26) => text.length > most ? `${text.slice(0, most / 2 - 1)}…${text.slice(1 - most / 2)}` : text;

const legendText = text => plain(shorten(text, 44));

/** A legend of more lines stands beside the picture, where it scrolls, and not above, where it would take half of it. */
const mostLinesAbove = 4;

const axisId = (letter, i) => i === 0 ? letter : `${letter}${i + 1}`;

const axisKey = (letter, i) => `${letter}axis${i === 0 ? '' : i + 1}`;

/** Pixels that a number beside an axis rarely exceeds, and one below it. */
const usualNumber = 34, usualLine = 14;

const fontFamily = 'system-ui, sans-serif';

const ruler = document.createElement('canvas').getContext('2d');
const rulerSize = 11;
ruler.font = `${rulerSize}px ${fontFamily}`;

/** Pixels of the longest of some labels. */
const longest = names => names.slice(0, 500).reduce((most, name) => Math.max(most, ruler.measureText(shorten(name)).width), 0);

/** A text cut in its middle to the letters that fit into so many pixels. */
function fitted(text, pixels, size) {
  const room = pixels * rulerSize / size;
  let letters = text.length;
  while (letters > 8 && ruler.measureText(shorten(text, letters)).width > room) letters--;
  return shorten(text, letters);
}

/** Whether a legend of these names, in columns as wide as the longest and its sign, has too many lines; beside, it may not take half. */
function standsBeside(names, width) {
  const column = Math.max(...names.map(name => ruler.measureText(name).width)) + 40;
  return column < width / 2 && Math.ceil(names.length / Math.floor(width / column)) > mostLinesAbove;
}

/** Many or long names below an axis stand upright. */
const isTurned = axis => axis.categories?.length > 12 || axis.categories?.some(name => name.length > 7) === true;

const isBar = mark => mark.mark === 'bars' || mark.mark === 'histogram';

const isHeatMap = panel => panel.marks.some(mark => mark.mark === 'heat-map');

/** Pixels that a heat map needs beside others, with its names and colours: below them it tells little. */
const narrowestMap = 320;

/** Panels beside each other: as many as the chart asks for, or of one row of heat maps too narrow for that the next divisor that fits. */
function columnsAt(chart, width) {
  const asked = Math.min(chart.columns, chart.panels.length);
  if (asked < chart.panels.length || !chart.panels.some(isHeatMap)) return asked;
  let columns = asked;
  while (columns > 1 && (width / columns < narrowestMap || asked % columns)) columns--;
  return columns;
}

/** The height of a chart whose panels stand below each other for want of width; null where they stand as the chart asks. */
export function stackedHeight(chart, width) {
  const columns = columnsAt(chart, width);
  return columns === Math.min(chart.columns, chart.panels.length) ? null
    : Math.ceil(chart.panels.length / columns) * Math.min(600, width / columns);
}

/** Tick positions and names for the visible part of a named axis that is `pixels` long. */
export function namedTicks(names, from, to, pixels, each) {
  const low = Math.max(0, Math.ceil(Math.min(from, to)));
  const high = Math.min(names.length - 1, Math.floor(Math.max(from, to)));
  const room = Math.max(1, Math.floor(pixels / each));
  const step = Math.max(1, Math.ceil((high - low + 1) / room));
  const tickvals = [], ticktext = [];
  for (let i = low; i <= high; i += step) {
    tickvals.push(i);
    ticktext.push(plain(shorten(names[i])));
  }
  return { tickvals, ticktext };
}

/** Plotly labels 2, 3 … 9 between powers of ten up to three decades, where "9" touches "10²": there 2 and 5 are enough, or none. */
export function logTicks(plot) {
  const update = {};
  for (const [key, axis] of Object.entries(plot._fullLayout)) {
    if (!/^[xy]axis\d*$/.test(key) || axis.type !== 'log') continue;
    const decades = Math.abs(axis.range[1] - axis.range[0]);
    const fits = axis._length * Math.log10(2) / decades >= (key[0] === 'x' ? 28 : 16);
    // Fewer than 0.3 decades a tick give every digit, up to 0.7 give 2 and 5.
    const nticks = decades < 1 || decades > 3 ? 0 : fits ? Math.ceil(decades / 0.65) : 1;
    if (nticks !== axis.nticks) update[`${key}.nticks`] = nticks;
  }
  return update;
}

const sameNames = (a, b) => a.label === b.label && a.categories?.length === b.categories?.length
  && (a.categories ?? []).every((name, i) => name === b.categories[i]);

function colorsOf(style) {
  return {
    text: style.getPropertyValue('--text').trim(),
    faint: style.getPropertyValue('--text-faint').trim(),
    grid: style.getPropertyValue('--grid').trim(),
    line: style.getPropertyValue('--line').trim(),
    empty: style.getPropertyValue('--empty').trim(),
  };
}

/** The figure: data, layout, per trace what a hover needs to know, the heat maps to paint below it, the points above, and the height that one row of square maps fills. */
export function figure({ chart, palette }, element, view) {
  const theme = colorsOf(getComputedStyle(element));
  const width = Math.max(200, element.clientWidth), height = Math.max(120, element.clientHeight);
  const columns = columnsAt(chart, width), rows = Math.ceil(chart.panels.length / columns);
  const anyMap = chart.panels.some(isHeatMap);
  const data = [], hover = [], maps = [], clouds = [], shapes = [], annotations = [], titles = [], named = [], squares = [];
  const legendSeen = new Set();
  const layout = {
    width, height,
    margin: { l: 14, r: anyMap ? 8 : 12, t: chart.panels.length > 1 || chart.panels[0]?.title ? 26 : 14, b: 8 },
    paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
    font: { family: fontFamily, size: 12, color: theme.text },
    colorway: palette.categorical,
    showlegend: false, hovermode: 'closest', dragmode: 'zoom', barmode: 'group', bargap: 0.15,
    legend: { orientation: 'h', x: 0, y: 1.01, yanchor: 'bottom', bgcolor: 'rgba(0,0,0,0)', tracegroupgap: 0 },
    shapes, annotations,
  };
  const shared = chart.sharedScale ? sharedRanges(chart, view?.logY) : null;
  // Names of rows that differ from the first panel's stand between the panels.
  const ownNames = chart.panels.some((panel, i) => i % columns > 0 && panel.y.categories && !sameNames(chart.panels[i - i % columns].y, panel.y));
  const gapX = columns > 1 ? Math.min(0.16, (ownNames ? 190 : anyMap && !shared?.color ? 130 : 80) / width) : 0;
  const below = Math.max(...chart.panels.map(panel => isTurned(panel.x) ? longest(panel.x.categories) : usualLine));
  const gapY = rows > 1 ? Math.min(0.5 / (rows - 1), (below + 84) / height) : 0;
  const barRoom = anyMap ? Math.min(0.2, 84 / width) : 0;
  const panelWidth = (1 - (shared?.color ? barRoom : 0) - gapX * (columns - 1)) / columns;
  const panelHeight = (1 - gapY * (rows - 1)) / rows;

  chart.panels.forEach((panel, i) => {
    const column = i % columns, row = Math.floor(i / columns);
    const left = column * (panelWidth + gapX), top = 1 - row * (panelHeight + gapY);
    const ownBar = anyMap && !shared?.color ? barRoom / Math.max(1, columns * 0.75) : 0;
    const domain = { x: [left, Math.max(left + 0.02, left + panelWidth - ownBar)], y: [Math.max(0, top - panelHeight), top] };
    const map = panel.marks.find(mark => mark.mark === 'heat-map');
    const square = map?.squareCells && isNoStrip(map.matrix);
    const drawn = square ? fitSquare(map.matrix, panel, domain, width, height, columns === 1) : null;
    const xId = axisId('x', i), yId = axisId('y', i);
    const pixels = drawn ?? { x: (domain.x[1] - domain.x[0]) * width - 50, y: (domain.y[1] - domain.y[0]) * height - 50 };
    const x = layout[axisKey('x', i)] = axis(panel.x, 'x', domain.x, yId, theme, view?.logX && !map && !panel.x.categories);
    const y = layout[axisKey('y', i)] = axis(panel.y, 'y', domain.y, xId, theme, view?.logY && !map && !panel.y.categories);
    if (map) {
      const m = map.matrix;
      x.range = [-0.5, m.columns - 0.5];
      y.range = [m.rows - 0.5, -0.5];
      x.constrain = y.constrain = 'domain';
      x.showgrid = y.showgrid = false;
      if (square) {
        squares.push((domain.x[1] - domain.x[0]) * m.rows / m.columns);
        y.scaleanchor = xId;
        if (rows === 1) y.constraintoward = 'top';
      }
    } else if (panel.x.categories) {
      x.range = [-0.6, panel.x.categories.length - 0.4];
    }
    if (y.type === 'log' && panel.marks.some(isBar)) {
      // Plotly begins at the least bar, of which nothing is seen then; half of it is where pictures begin.
      const [low, high] = valueRange(panel, true);
      if (low > 0 && low <= high) y.range = logReach(low / 2, high);
    } else if (panel.marks.some(mark => mark.mark === 'bars')) {
      const [low, high] = valueRange(panel, false);
      // Rounding below zero is no reason to show what lies there.
      if (low > -1e-6 * high) y.rangemode = 'nonnegative';
    }
    const common = map ? null : shared?.y[quantityOf(panel.y)];
    if (common) {
      y.range = common;
    }
    const zoom = view?.zoom?.[i];
    if (zoom) {
      x.range = zoom.x;
      y.range = zoom.y;
    }
    // Neighbours with the same rows need the names once.
    const first = chart.panels[row * columns];
    const repeats = map && column > 0 && isHeatMap(first) && sameNames(first.y, panel.y);
    for (const [letter, spec, target] of [['x', panel.x, x], ['y', panel.y, y]]) {
      if (spec.categories) {
        const each = letter === 'x' ? 17 : 15;
        named.push({ key: axisKey(letter, i), names: spec.categories, pixels: pixels[letter], each });
        const [from, to] = target.range ?? [-0.5, spec.categories.length - 0.5];
        Object.assign(target, { tickmode: 'array' }, namedTicks(spec.categories, from, to, pixels[letter], each));
        if (letter === 'x' && isTurned(spec)) {
          target.tickangle = -90;
        }
      }
    }
    if (repeats) {
      y.showticklabels = false;
      delete y.title;
    }
    if (panel.title) {
      const title = {
        text: panel.title, xref: 'paper', yref: 'paper', x: (domain.x[0] + domain.x[1]) / 2, y: domain.y[1],
        yanchor: 'bottom', xanchor: 'center', showarrow: false, font: { size: 13, color: theme.text },
      };
      annotations.push(title);
      titles.push({ title, share: domain.x[1] - domain.x[0] });
    }
    if (panel.marks.some(mark => mark.mark === 'bars') && panel.bars === 'stacked') {
      layout.barmode = 'relative';
    }
    panel.marks.forEach((mark, index) =>
      draw(mark, index, { panel, i, xId, yId, domain, barSpan: rows === 1 && drawn?.share < 1 ? [1 - drawn.share, 1] : null, layout, data, hover, maps, clouds, shapes, palette, shared, theme, legendSeen, single: chart.panels.length === 1 }));
  });
  link(chart, layout);
  const legend = data.filter(trace => trace.showlegend).map(trace => trace.name), entries = legend.length;
  layout.showlegend = entries > 1 || (entries === 1 && chart.panels.length > 1);
  if (layout.showlegend && standsBeside(legend, width)) {
    Object.assign(layout.legend, { orientation: 'v', x: 1.01, xanchor: 'left', y: 1, yanchor: 'top' });
  } else if (layout.showlegend) {
    layout.margin.t += entries > 6 ? 44 : 30;
    if (chart.panels.length > 1 || chart.panels[0]?.title) {
      layout.legend.y = 1 + 26 / height;
    }
  }
  roomForLabels(layout);
  const { l, r, t, b } = layout.margin;
  for (const { title, share } of titles) {
    title.text = plain(fitted(title.text, share * (width - l - r), title.font.size));
  }
  const filled = rows === 1 && squares.length === chart.panels.length
    ? Math.max(240, Math.ceil(Math.max(...squares) * (width - l - r) + t + b)) : height;
  return { data, layout, hover, maps, clouds, named, filled };
}

/** Margins as wide as the labels of the axes; where Plotly finds too little room, it draws the whole figure again. */
function roomForLabels(layout) {
  for (const [key, axis] of Object.entries(layout)) {
    if (!/^[xy]axis/.test(key) || axis.showticklabels === false) continue;
    const [side, other, extent] = key[0] === 'x' ? ['b', 't', layout.height] : ['l', 'r', layout.width];
    const lies = key[0] === 'x' && axis.tickangle !== -90;
    const label = lies ? usualLine : axis.ticktext ? longest(axis.ticktext) : usualNumber;
    const depth = label + 12 + (axis.title?.text ? 25 : 0);
    const [start] = layout[`${axis.anchor[0]}axis${axis.anchor.slice(1)}`].domain;
    const needed = Math.ceil((depth - start * (extent - layout.margin[other])) / (1 - start));
    layout.margin[side] = Math.max(layout.margin[side], needed);
  }
}

/** Panels that show the same positions zoom together; with one scale for all, also lines, points and bars of one quantity. */
function link(chart, layout) {
  const size = panel => {
    const map = panel.marks.find(mark => mark.mark === 'heat-map')?.matrix;
    return map ? `${map.rows} ${map.columns}` : '';
  };
  const alike = (a, b) => sameNames(a, b) && quantityOf(a) === quantityOf(b);
  chart.panels.forEach((panel, at) => {
    const others = chart.panels.slice(0, at);
    if (isHeatMap(panel)) {
      const first = others.findIndex(other => size(other) === size(panel) && sameNames(other.x, panel.x) && sameNames(other.y, panel.y));
      if (first < 0) return;
      layout[axisKey('x', at)].matches = axisId('x', first);
      layout[axisKey('y', at)].matches = axisId('y', first);
      delete layout[axisKey('y', at)].scaleanchor;
    } else if (chart.sharedScale) {
      for (const letter of ['x', 'y']) {
        const first = others.findIndex(other => !isHeatMap(other) && alike(other[letter], panel[letter]));
        if (first >= 0) layout[axisKey(letter, at)].matches = axisId(letter, first);
      }
    }
  });
}

/** Square cells of three rows of two hundred would be a line. */
const isNoStrip = ({ rows, columns }) => rows < 12 * columns && columns < 12 * rows;

/** Pixels that square cells will take in a panel, and the share of its height; a panel with none beside it is narrowed to them, so that its colour bar stands beside it. */
function fitSquare(matrix, panel, domain, width, height, alone) {
  const labelled = axis => Math.min(150, 7 * Math.max(3, ...(axis.categories ?? []).slice(0, 500).map(name => Math.min(name.length, 26))) + 24);
  const left = labelled(panel.y), below = labelled(panel.x);
  const cell = Math.max(0.1, Math.min(
    ((domain.x[1] - domain.x[0]) * width - left) / matrix.columns, ((domain.y[1] - domain.y[0]) * height - below) / matrix.rows));
  const drawn = { x: cell * matrix.columns, y: cell * matrix.rows };
  // A colour bar needs some length, however few rows there are.
  drawn.share = Math.min(1, Math.max(100, drawn.y) / Math.max(1, (domain.y[1] - domain.y[0]) * height - below - 34));
  if (alone) {
    const share = Math.min(1, drawn.x / Math.max(1, width - left - 30));
    const middle = (domain.x[0] + domain.x[1]) / 2;
    domain.x = [Math.max(0, middle - share / 2), Math.min(domain.x[1], middle + share / 2)];
  }
  return drawn;
}

function axis(spec, letter, domain, anchor, theme, forceLog) {
  const title = spec.unit ? `${spec.label} (${spec.unit})` : spec.label;
  const type = forceLog || spec.scale === 'log' ? 'log' : 'linear';
  const result = {
    type, domain, anchor, automargin: true, title: { text: plain(title), standoff: 8, font: { size: 12 } },
    gridcolor: theme.grid, zerolinecolor: theme.line, linecolor: theme.line, tickfont: { size: 11, color: theme.faint },
    showline: true, ticks: 'outside', tickcolor: theme.line, ticklen: 3, zeroline: false,
    exponentformat: 'power', minexponent: 5, separatethousands: true,
    // Labels have room (see `roomForLabels`): to look for some that stick out took up to half of a heat map's time.
    ticklabeloverflow: 'allow',
  };
  if (type === 'log') {
    result.dtick = undefined;
    result.minor = { ticks: 'outside', ticklen: 2, tickcolor: theme.line };
  }
  if (spec.minimum != null && spec.maximum != null) {
    result.range = type === 'log' ? [Math.log10(spec.minimum), Math.log10(spec.maximum)] : [spec.minimum, spec.maximum];
  } else if (spec.minimum != null || spec.maximum != null) {
    const convert = v => v == null ? null : type === 'log' ? Math.log10(v) : v;
    result.autorangeoptions = {};
    if (spec.minimum != null) result.range = [convert(spec.minimum), null];
    if (spec.maximum != null) result.range = [result.range?.[0] ?? null, convert(spec.maximum)];
  }
  return result;
}

const quantityOf = axis => `${axis.label} ${axis.unit ?? ''} ${axis.scale}`;

/** With one scale for all panels: the colour range of all heat maps, and one y range for each quantity of the others. */
function sharedRanges(chart, logY) {
  const maps = chart.panels.flatMap(panel => panel.marks.filter(mark => mark.mark === 'heat-map'));
  const result = { y: {} };
  if (maps.length > 0) {
    result.color = range(maps[0].colors, maps.map(map => map.matrix.values));
  }
  for (const panel of chart.panels.filter(panel => !isHeatMap(panel))) {
    const isLog = panel.y.scale === 'log' || logY;
    const [low, high] = valueRange(panel, isLog);
    const known = result.y[quantityOf(panel.y)] ??= { low, high, isLog };
    known.low = Math.min(known.low, low);
    known.high = Math.max(known.high, high);
  }
  for (const [quantity, { low, high, isLog }] of Object.entries(result.y)) {
    const reach = (high - low) * 0.04;
    result.y[quantity] = !(low < high) ? null
      : isLog ? [low / 1.2, high * 1.2].map(Math.log10)
      // Rounding below zero is no reason to show what lies there.
      : [low <= 0 && low > -1e-6 * reach ? 0 : low - reach, high + reach];
  }
  return result;
}

/** The ends of a logarithmic axis, with some room above. */
const logReach = (low, high) => [Math.log10(low), Math.log10(high) + Math.log10(high / low) * 0.05];

/** The least and greatest value of a panel; bars reach to zero, and stacked ones as high as together. */
function valueRange({ marks, bars, y }, isLog) {
  let low = Infinity, high = -Infinity;
  const take = v => {
    if (Number.isFinite(v) && (!isLog || v > 0)) {
      low = Math.min(low, v);
      high = Math.max(high, v);
    }
  };
  const stacks = [[], []];
  for (const mark of marks) {
    if (isBar(mark)) take(0);
    const values = mark.values && isBar(mark) ? mark.values : mark.counts ?? mark.y ?? [];
    values.forEach((v, at) => {
      if (mark.mark === 'bars' && bars === 'stacked') {
        const stack = stacks[v < 0 ? 0 : 1];
        take(stack[at] = (stack[at] ?? 0) + (Number.isFinite(v) ? v : 0));
      } else {
        take(v);
      }
    });
  }
  return [y.minimum ?? low, y.maximum ?? high];
}

const dashes = { solid: 'solid', dashed: 'dash', dotted: 'dot' };

function draw(mark, index, context) {
  const { panel, i, xId, yId, domain, barSpan, layout, data, hover, maps, clouds, shapes, palette, shared, theme, legendSeen, single } = context;
  const color = palette.categorical[(mark.color ?? index) % palette.categorical.length];
  const base = { xaxis: xId, yaxis: yId, hoverinfo: 'none', name: legendText(mark.name), showlegend: false };
  const legend = name => {
    if (!name || legendSeen.has(name)) {
      return { showlegend: false, legendgroup: name ? plain(name) : undefined };
    }
    legendSeen.add(name);
    return { showlegend: true, legendgroup: plain(name) };
  };
  const add = (trace, info) => {
    data.push({ ...base, ...trace });
    hover.push({ panel, mark, ...info });
  };
  switch (mark.mark) {
    case 'heat-map': {
      const [low, high] = shared?.color ?? range(mark.colors, [mark.matrix.values]);
      const colors = stops(palette, mark.colors);
      maps.push({ panel: i, trace: data.length, matrix: mark.matrix, limits: [low, high], colors });
      const bar = !shared?.color || i === 0;
      // Where all cells are equal, the range is a width beside which every tick would read the same but for its last digits.
      const isFlat = mark.colors.kind !== 'diverging' && high - low <= Math.max(1e-12, Math.abs(low) * 1.01e-6);
      const span = barSpan ?? (shared?.color ? [0, 1] : domain.y);
      // A point that is nowhere carries the colour bar.
      add({
        type: 'scatter', mode: 'markers', x: [null], y: [null], hoverinfo: 'skip',
        marker: {
          color: [low], cmin: low, cmax: high, colorscale: plotlyScale(colors), showscale: bar,
          colorbar: bar ? {
            x: shared?.color ? 1 : domain.x[1], xanchor: shared?.color ? 'right' : 'left', xpad: 6, thickness: 12, outlinewidth: 0,
            y: (span[0] + span[1]) / 2, yanchor: 'middle', lenmode: 'fraction',
            len: (span[1] - span[0]) * (single || shared?.color ? Math.min(1, 340 / layout.height + 0.2) : 0.95),
            title: { text: plain(mark.colors.label), side: 'right', font: { size: 11 } },
            tickfont: { size: 10, color: theme.faint }, exponentformat: 'power',
            ...isFlat ? { tickvals: [low], ticktext: [exact(low, true)] } : { nticks: 7 },
          } : undefined,
        },
      });
      break;
    }
    case 'line':
      add({
        type: 'scatter', mode: mark.showPoints ? 'lines+markers' : 'lines', x: mark.x, y: mark.y, connectgaps: false,
        line: { color, width: 1.8, dash: dashes[mark.style] ?? 'solid' }, marker: { color, size: 5 }, ...legend(mark.name),
      });
      break;
    case 'points':
      points(mark, { color, add, legend, palette, theme, single, panel: i, data, clouds });
      break;
    case 'bars':
      add({
        type: 'bar', x: Float64Array.from(mark.values, (_, at) => at), y: mark.values, marker: { color }, ...legend(mark.name),
      });
      break;
    case 'histogram': {
      const count = mark.counts.length;
      const centers = new Float64Array(count), widths = new Float64Array(count);
      for (let b = 0; b < count; b++) {
        centers[b] = (mark.edges[b] + mark.edges[b + 1]) / 2;
        widths[b] = mark.edges[b + 1] - mark.edges[b];
      }
      layout.barmode = 'overlay';
      layout.bargap = 0;
      add({ type: 'bar', x: centers, y: mark.counts, width: widths, marker: { color, line: { width: 0 } }, opacity: panel.marks.length > 1 ? 0.65 : 1, ...legend(mark.name) });
      break;
    }
    case 'rule': {
      const across = mark.vertical
        ? { xref: xId, yref: `${yId} domain`, x0: mark.at, x1: mark.at, y0: 0, y1: 1 }
        : { xref: `${xId} domain`, yref: yId, x0: 0, x1: 1, y0: mark.at, y1: mark.at };
      // The rules of several runs often coincide: their names stand apart.
      const before = panel.marks.slice(0, index).filter(other => other.mark === 'rule' && other.name).length;
      const textposition = ['end', 'start', 'middle'][before % 3];
      shapes.push({ type: 'line', ...across, line: { color: theme.faint, width: 1.2, dash: 'dash' }, label: mark.name ? { text: plain(mark.name), font: { size: 10, color: theme.faint }, textposition } : undefined });
      break;
    }
  }
}

/** More points than this are painted on a canvas, for which Plotly only finds the axes. */
const mostElements = 1000;

function points(mark, { color, add, legend, palette, theme, single, panel, data, clouds }) {
  // Not scattergl: its shaders are compiled by eval, which the page's content security policy forbids.
  const type = 'scatter';
  const size = mark.x.length > 2000 ? 4 : 7;
  const isCloud = mark.x.length > mostElements;
  const put = (trace, members, paint) => {
    const shown = isCloud ? extremes(mark, members) : members;
    if (isCloud) {
      clouds.push({ panel, trace: data.length, mark, members, size, color: trace.marker.color, ...paint });
    }
    const [x, y] = shown ? [shown.map(at => mark.x[at]), shown.map(at => mark.y[at])] : [mark.x, mark.y];
    add({ type, mode: 'markers', x, y, ...trace, ...isCloud ? { hoverinfo: 'skip' } : {} }, { members });
  };
  if (mark.categories) {
    const groups = new Map();
    mark.categories.forEach((category, at) => (groups.get(category) ?? groups.set(category, []).get(category)).push(at));
    let n = 0;
    for (const [category, members] of groups) {
      const diamond = n >= palette.categorical.length;
      put({
        marker: { size, color: palette.categorical[n % palette.categorical.length], symbol: diamond ? 'diamond' : 'circle' },
        name: legendText(category), ...legend(category),
      }, members, { diamond });
      n++;
    }
    return;
  }
  const marker = { size, color };
  let paint = {};
  if (mark.values && mark.colors) {
    const limits = range(mark.colors, [mark.values]), colors = stops(palette, mark.colors);
    const [cmin, cmax] = limits;
    paint = { colors, limits, color: theme.faint };
    Object.assign(marker, {
      color: isCloud ? extremes(mark).map(at => mark.values[at]) : mark.values, cmin, cmax, colorscale: plotlyScale(colors), showscale: single,
      colorbar: { thickness: 12, outlinewidth: 0, title: { text: plain(mark.colors.label), side: 'right', font: { size: 11 } }, tickfont: { size: 10, color: theme.faint } },
    });
  }
  put({ marker, ...legend(mark.name) }, undefined, paint);
}
