// Many points: a canvas over the axes that Plotly draws. Plotly makes an element of the page of every point, and 14,400 of
// them cost a browser 1.2 s.

import { table } from './colors.js';

const axisOf = (layout, letter, i) => layout[`${letter}axis${i === 0 ? '' : i + 1}`];

/** Pixels from a point within which the pointer means it. */
const reach = 8;

/** The points that span the axes, for Plotly to find their ranges by: least and greatest, and least above zero. */
export function extremes(mark, members) {
  const found = new Set();
  for (const values of [mark.x, mark.y]) {
    let low, high, positive;
    for (const at of members ?? values.keys()) {
      if (!Number.isFinite(mark.x[at]) || !Number.isFinite(mark.y[at])) continue;
      if (low === undefined || values[at] < values[low]) low = at;
      if (high === undefined || values[at] > values[high]) high = at;
      if (values[at] > 0 && (positive === undefined || values[at] < values[positive])) positive = at;
    }
    for (const at of [low, high, positive]) if (at !== undefined) found.add(at);
  }
  return [...found];
}

/** Paints the clouds of a figure anew. */
export function paintClouds(plot, clouds) {
  let layer = plot.querySelector(':scope > .clouds');
  if (clouds.length === 0) {
    layer?.remove();
    return;
  }
  if (!layer) {
    layer = document.createElement('canvas');
    layer.className = 'clouds';
    plot.append(layer);
  }
  const density = window.devicePixelRatio || 1, { width, height } = plot._fullLayout;
  layer.width = Math.round(width * density);
  layer.height = Math.round(height * density);
  Object.assign(layer.style, { width: `${width}px`, height: `${height}px` });
  const ink = layer.getContext('2d');
  ink.scale(density, density);
  for (const cloud of clouds) paintCloud(ink, plot, cloud);
}

function paintCloud(ink, plot, cloud) {
  const { panel, mark, members, size, color, colors, limits, diamond } = cloud;
  const x = axisOf(plot._fullLayout, 'x', panel), y = axisOf(plot._fullLayout, 'y', panel);
  const count = members?.length ?? mark.x.length, radius = size / 2;
  const shades = colors && [...table(colors)].map(word => `rgb(${word & 255},${word >> 8 & 255},${word >> 16 & 255})`);
  const scale = limits && 255 / (limits[1] - limits[0]);
  cloud.left = new Float32Array(count).fill(NaN);
  cloud.top = new Float32Array(count).fill(NaN);
  ink.save();
  ink.beginPath();
  ink.rect(x._offset, y._offset, x._length, y._length);
  ink.clip();
  for (let i = 0; i < count; i++) {
    const at = members ? members[i] : i;
    const left = x._offset + x.d2p(mark.x[at]), top = y._offset + y.d2p(mark.y[at]);
    if (!(left >= x._offset - size && left <= x._offset + x._length + size && top >= y._offset - size && top <= y._offset + y._length + size)) continue;
    cloud.left[i] = left;
    cloud.top[i] = top;
    const v = shades && mark.values[at];
    ink.fillStyle = !shades || Number.isNaN(v) ? color : shades[Math.round(Math.min(255, Math.max(0, (v - limits[0]) * scale)))];
    ink.beginPath();
    if (diamond) {
      ink.moveTo(left, top - radius * 1.3);
      ink.lineTo(left + radius * 1.3, top);
      ink.lineTo(left, top + radius * 1.3);
      ink.lineTo(left - radius * 1.3, top);
    } else {
      ink.arc(left, top, radius, 0, 2 * Math.PI);
    }
    ink.fill();
  }
  ink.restore();
}

/** The point at a place of the window, the one drawn last where several are as near; or null. */
export function pointAt(plot, clouds, clientX, clientY) {
  const box = plot.getBoundingClientRect(), x = clientX - box.left, y = clientY - box.top;
  let best = null, least = reach * reach;
  for (const cloud of clouds) {
    for (let i = 0; i < cloud.left.length; i++) {
      const away = (cloud.left[i] - x) ** 2 + (cloud.top[i] - y) ** 2;
      if (away <= least) {
        least = away;
        best = { cloud, point: i };
      }
    }
  }
  return best;
}
