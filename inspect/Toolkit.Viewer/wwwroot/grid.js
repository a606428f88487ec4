// Small multiples: many heat maps as plain canvases. Plotly needs 0.3-0.5 s for forty of them, canvases need 0.03 s.

import { paint, range, stops, table } from './colors.js';
import { exact, hide, show } from './tip.js';

const nameAt = (axis, at) => axis.categories?.[at] ?? String(at);

const cellWidth = 118;

export function gridHeight(panels, width) {
  const columns = Math.max(1, Math.floor(width / cellWidth));
  return Math.ceil(panels / columns) * (cellWidth + 16) + 34;
}

export function drawGrid(plot, { chart, palette }, picked) {
  const maps = chart.panels.map(panel => panel.marks[0]);
  const shared = chart.sharedScale ? range(maps[0].colors, maps.map(map => map.matrix.values)) : null;
  const words = table(stops(palette, maps[0].colors));
  const grid = document.createElement('div');
  grid.className = 'grid';
  chart.panels.forEach((panel, i) => {
    const map = maps[i];
    const cell = document.createElement('button');
    cell.type = 'button';
    cell.className = 'grid-cell';
    cell.dataset.panel = i;
    const canvas = document.createElement('canvas');
    const limits = shared ?? range(map.colors, [map.matrix.values]);
    paint(canvas, map.matrix, limits, words);
    const label = document.createElement('span');
    label.textContent = panel.title;
    cell.append(canvas, label);
    cell.setAttribute('aria-label', `${panel.title}, from ${exact(limits[0], true)} to ${exact(limits[1], true)}`);
    const place = event => {
      const box = canvas.getBoundingClientRect();
      const column = Math.floor((event.clientX - box.left) / box.width * map.matrix.columns);
      const row = Math.floor((event.clientY - box.top) / box.height * map.matrix.rows);
      return row >= 0 && row < map.matrix.rows && column >= 0 && column < map.matrix.columns ? [row, column] : null;
    };
    canvas.addEventListener('mousemove', event => {
      const at = place(event);
      if (at) {
        const [row, column] = at;
        show([
          `${map.colors.label || 'value'} = ${exact(map.matrix.values[row * map.matrix.columns + column], true)}`,
          `${panel.y.label}: ${nameAt(panel.y, row)}`, `${panel.x.label}: ${nameAt(panel.x, column)}`, panel.title,
        ], event.clientX, event.clientY);
      }
    });
    canvas.addEventListener('mouseleave', hide);
    cell.addEventListener('click', event => picked(i, ...(place(event) ?? [0, 0])));
    grid.append(cell);
  });
  plot.replaceChildren(bar(chart, maps[0], shared, palette), grid);
}

function bar(chart, map, shared, palette) {
  const line = document.createElement('div');
  line.className = 'grid-scale';
  const ramp = document.createElement('span');
  ramp.className = 'grid-ramp';
  ramp.style.background = `linear-gradient(to right, ${stops(palette, map.colors).join(', ')})`;
  const [low, high] = [document.createElement('span'), document.createElement('span')];
  low.textContent = shared ? shared[0].toPrecision(3) : map.colors.kind === 'diverging' ? '−max|v|' : 'min';
  high.textContent = shared ? shared[1].toPrecision(3) : map.colors.kind === 'diverging' ? 'max|v|' : 'max';
  const label = document.createElement('span');
  label.textContent = shared ? map.colors.label : `${map.colors.label} (each on its own scale)`;
  line.append(low, ramp, high, label);
  return line;
}
