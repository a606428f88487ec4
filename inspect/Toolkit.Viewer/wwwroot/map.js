// Heat maps: canvases below the axes that Plotly draws, one pixel a cell, stretched to what is shown of the matrix.
// Plotly's own heat maps take its whole library, whose first start costs a browser one to two seconds.

import { paint, table } from './colors.js';

const axisOf = (layout, letter, i) => layout[`${letter}axis${i === 0 ? '' : i + 1}`];

/** Paints the maps of a figure anew; `place` then puts them where the axes are. */
export function paintMaps(plot, maps) {
  const layer = plot.querySelector(':scope > .maps') ?? document.createElement('div');
  layer.className = 'maps';
  plot.prepend(layer);
  layer.replaceChildren(...maps.map(map => {
    map.cells = document.createElement('canvas');
    paint(map.cells, map.matrix, map.limits, table(map.colors));
    return map.canvas = document.createElement('canvas');
  }));
  placeMaps(plot, maps);
}

/** Shows of every map what its axes span now. */
export function placeMaps(plot, maps) {
  for (const { panel, matrix, cells, canvas } of maps) {
    const x = part(axisOf(plot._fullLayout, 'x', panel), matrix.columns);
    const y = part(axisOf(plot._fullLayout, 'y', panel), matrix.rows);
    const [width, height] = [x.to - x.from, y.to - y.from];
    canvas.hidden = !(width > 0 && height > 0);
    if (canvas.hidden) continue;
    const place = { left: x.from, top: y.from, width, height };
    for (const side of Object.keys(place)) canvas.style[side] = `${place[side]}px`;
    const density = window.devicePixelRatio || 1;
    canvas.width = Math.max(1, Math.round(width * density));
    canvas.height = Math.max(1, Math.round(height * density));
    stretch(cells, x, y, canvas);
  }
}

/** Cells smaller than a pixel are mixed, larger ones keep their edges: along each axis for itself. */
function stretch(cells, x, y, canvas) {
  const [mixX, mixY] = [x.count > canvas.width, y.count > canvas.height];
  if (mixX === mixY) {
    copy(cells, x, y, canvas, mixX);
    return;
  }
  const strips = document.createElement('canvas');
  const [wholeX, wholeY] = [mixX ? x : whole(x), mixY ? y : whole(y)];
  strips.width = mixX ? canvas.width : wholeX.count;
  strips.height = mixY ? canvas.height : wholeY.count;
  copy(cells, wholeX, wholeY, strips, true);
  copy(
    strips,
    mixX ? { first: 0, count: strips.width } : { ...x, first: x.first - wholeX.first },
    mixY ? { first: 0, count: strips.height } : { ...y, first: y.first - wholeY.first },
    canvas, false);
}

function copy(from, x, y, to, mix) {
  const ink = to.getContext('2d');
  ink.imageSmoothingEnabled = mix;
  ink.drawImage(from, x.first, y.first, x.count, y.count, 0, 0, to.width, to.height);
}

/** A part with all of the cells at its ends. */
function whole({ first, count }) {
  const from = Math.floor(first);
  return { first: from, count: Math.ceil(first + count) - from };
}

/** Which cells an axis shows, from its first to its last pixel; half cells too. */
function part(axis, extent) {
  const [start, end] = axis.range;
  const low = Math.max(-0.5, Math.min(start, end)), high = Math.min(extent - 0.5, Math.max(start, end));
  // Vertical axes are named from below, and those of maps run downwards.
  const first = axis._id[0] === 'x' ? start : end, last = axis._id[0] === 'x' ? end : start;
  const pixel = value => axis._offset + (value - first) / (last - first) * axis._length;
  const [near, far] = first < last ? [low, high] : [high, low];
  return { from: pixel(near), to: pixel(far), first: low + 0.5, count: high - low };
}

/** The map and cell at a place of the window, or null. */
export function cellAt(maps, clientX, clientY) {
  for (const map of maps) {
    const box = map.canvas.getBoundingClientRect();
    const inside = clientX >= box.left && clientX < box.right && clientY >= box.top && clientY < box.bottom;
    if (map.canvas.hidden || !inside) continue;
    const plot = map.canvas.closest('.plot');
    const x = part(axisOf(plot._fullLayout, 'x', map.panel), map.matrix.columns);
    const y = part(axisOf(plot._fullLayout, 'y', map.panel), map.matrix.rows);
    const column = Math.floor(x.first + (clientX - box.left) / box.width * x.count);
    const row = Math.floor(y.first + (clientY - box.top) / box.height * y.count);
    return { map, row: Math.min(row, map.matrix.rows - 1), column: Math.min(column, map.matrix.columns - 1) };
  }
  return null;
}
