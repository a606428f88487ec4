// Small multiples: many heat maps or histograms as plain canvases. Plotly needs 0.3-0.5 s for forty of them, canvases need 0.03 s.

import { paint, range, stops, table } from './colors.js';
import { exact, hide, show } from './tip.js';

const nameAt = (axis, at) => axis.categories?.[at] ?? String(at);

const cellWidth = 118;

/** Small pictures beside each other: of a comparison, whole groups of what is compared. */
function columnsOf(width, group) {
  const fitting = Math.max(1, Math.floor(width / cellWidth));
  return fitting > group ? fitting - fitting % group : fitting;
}

/** A chart that has up to three columns means each row of them as a group. */
const groupOf = chart => chart.columns <= 3 ? chart.columns : 1;

export function gridHeight(panels, width, chart) {
  const columns = columnsOf(width, chart ? groupOf(chart) : 1);
  return Math.ceil(panels / columns) * (cellWidth + 16) + 34;
}

export function drawGrid(plot, { chart, palette }, picked) {
  const maps = chart.panels.map(panel => panel.marks[0]);
  const histograms = maps[0].mark === 'histogram';
  const shared = chart.sharedScale && !histograms ? range(maps[0].colors, maps.map(map => map.matrix.values)) : null;
  const limits = histograms ? [] : maps.map(map => shared ?? range(map.colors, [map.matrix.values]));
  // The differences of a comparison have colours of their own.
  const tables = {};
  const wordsOf = ({ colors }) => tables[colors.kind] ??= table(stops(palette, colors));
  const grid = document.createElement('div');
  grid.className = 'grid';
  grid.style.maxWidth = `${columnsOf(plot.clientWidth, groupOf(chart)) * cellWidth}px`;
  chart.panels.forEach((panel, i) => {
    const cell = document.createElement('button');
    cell.type = 'button';
    cell.className = 'grid-cell';
    cell.dataset.panel = i;
    const canvas = document.createElement('canvas');
    const label = document.createElement('span');
    label.textContent = label.title = panel.title;
    cell.append(canvas, label);
    const small = histograms ? bars(canvas, panel, maps[i], palette.categorical[0]) : cells(canvas, panel, maps[i], limits[i], wordsOf(maps[i]));
    cell.setAttribute('aria-label', small.label);
    canvas.addEventListener('mousemove', event => {
      const at = small.place(event);
      if (at) show(small.describe(...at), event.clientX, event.clientY);
    });
    canvas.addEventListener('mouseleave', hide);
    cell.addEventListener('click', event => picked(i, ...(small.place(event) ?? [0, 0])));
    grid.append(cell);
  });
  plot.replaceChildren(...histograms ? [note(chart)] : scales(maps, limits).map(scale => bar(scale, palette)), grid);
}

/** What the colours mean: of a comparison, those of the runs and those of the differences. */
function scales(maps, limits) {
  const kinds = [...new Set(maps.map(map => map.colors.kind))];
  return kinds.map(kind => {
    const first = maps.findIndex(map => map.colors.kind === kind);
    const [low, high] = limits[first];
    const same = maps.every((map, i) => map.colors.kind !== kind || (limits[i][0] === low && limits[i][1] === high));
    return { map: maps[first], limits: same ? limits[first] : null };
  });
}

const spot = (canvas, event) => {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
};

/** A small heat map. */
function cells(canvas, panel, map, limits, words) {
  paint(canvas, map.matrix, limits, words);
  const { rows, columns, values } = map.matrix;
  if (map.squareCells && rows !== columns) {
    // Within the same square, so that all rows of the grid are of one height.
    const size = 106 / Math.max(rows, columns), high = Math.max(2, rows * size), wide = Math.max(2, columns * size);
    Object.assign(canvas.style, { height: `${high}px`, width: `${wide}px`, margin: `${(106 - high) / 2}px auto` });
  }
  return {
    label: `${panel.title}, from ${exact(limits[0], true)} to ${exact(limits[1], true)}`,
    place(event) {
      const [x, y] = spot(canvas, event);
      const row = Math.floor(y * rows), column = Math.floor(x * columns);
      return row >= 0 && row < rows && column >= 0 && column < columns ? [row, column] : null;
    },
    describe: (row, column) => [
      `${map.colors.label || 'value'} = ${exact(values[row * columns + column], true)}`,
      `${panel.y.label}: ${nameAt(panel.y, row)}`, `${panel.x.label}: ${nameAt(panel.x, column)}`, panel.title,
    ],
  };
}

/** A small histogram; heights are square roots, so that rare values stay visible. */
function bars(canvas, panel, mark, color) {
  const count = mark.counts.length, size = 106 * 2;
  canvas.width = canvas.height = size;
  const ink = canvas.getContext('2d');
  ink.fillStyle = color;
  const most = mark.counts.reduce((a, b) => Math.max(a, b), 0);
  mark.counts.forEach((value, b) => {
    const high = value > 0 ? Math.max(2, Math.sqrt(value / most) * (size - 6)) : 0;
    ink.fillRect(b / count * size, size - high, Math.max(1, size / count - 1), high);
  });
  return {
    label: count ? `${panel.title}, from ${exact(mark.edges[0])} to ${exact(mark.edges[count])}` : panel.title,
    place(event) {
      const at = Math.floor(spot(canvas, event)[0] * count);
      return at >= 0 && at < count ? [at, 0] : null;
    },
    describe: at => [`${exact(mark.counts[at])} in [${exact(mark.edges[at])}, ${exact(mark.edges[at + 1])}]`, panel.x.label, panel.title],
  };
}

function note(chart) {
  const line = document.createElement('div');
  line.className = 'grid-scale';
  line.textContent = `${chart.panels[0].x.label}, each between its own least and greatest value; heights are square roots of counts`;
  return line;
}

function bar({ map, limits }, palette) {
  const line = document.createElement('div');
  line.className = 'grid-scale';
  const ramp = document.createElement('span');
  ramp.className = 'grid-ramp';
  ramp.style.background = `linear-gradient(to right, ${stops(palette, map.colors).join(', ')})`;
  const [low, high] = [document.createElement('span'), document.createElement('span')];
  low.textContent = limits ? limits[0].toPrecision(3) : map.colors.kind === 'diverging' ? '−max|v|' : 'min';
  high.textContent = limits ? limits[1].toPrecision(3) : map.colors.kind === 'diverging' ? 'max|v|' : 'max';
  const label = document.createElement('span');
  const quantity = map.name ? `${map.name}, ${map.colors.label}` : map.colors.label;
  label.textContent = limits ? quantity : `${quantity} (each on its own scale)`;
  line.append(low, ramp, high, label);
  return line;
}
