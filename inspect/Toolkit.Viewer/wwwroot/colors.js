// Colour ranges and lookup tables; the stops come with every chart, so that page, PNG and report agree.

/** The values that the colours span: symmetric about zero where diverging, else least to greatest finite value. */
export function range(scale, arrays) {
  let low = Infinity, high = -Infinity;
  for (const values of arrays) {
    for (let i = 0; i < values.length; i++) {
      const v = values[i];
      if (v < low && v !== -Infinity) low = v;
      if (v > high && v !== Infinity) high = v;
    }
  }
  if (scale.kind === 'diverging') {
    const given = Math.max(Math.abs(scale.minimum ?? 0), Math.abs(scale.maximum ?? 0));
    const reach = given || (low > high ? 1 : Math.max(Math.abs(low), Math.abs(high))) || 1;
    return [-reach, reach];
  }
  const minimum = scale.minimum ?? (low > high ? 0 : low);
  const maximum = scale.maximum ?? (low > high ? minimum + 1 : high);
  return maximum > minimum ? [minimum, maximum] : [minimum, minimum + Math.max(1e-12, Math.abs(minimum) * 1e-6)];
}

export const stops = (palette, scale) => scale.kind === 'diverging' ? palette.diverging : palette.sequential;

export const plotlyScale = colors => colors.map((color, i) => [i / (colors.length - 1), color]);

/** 256 colours as little-endian RGBA words, for painting a canvas cell by cell. */
export function table(colors) {
  const rgb = colors.map(hex => [1, 3, 5].map(at => parseInt(hex.slice(at, at + 2), 16)));
  const words = new Uint32Array(256);
  for (let i = 0; i < 256; i++) {
    const place = i / 255 * (rgb.length - 1);
    const left = Math.min(Math.floor(place), rgb.length - 2);
    const [r, g, b] = rgb[left].map((from, c) => Math.round(from + (rgb[left + 1][c] - from) * (place - left)));
    words[i] = (255 << 24 | b << 16 | g << 8 | r) >>> 0;
  }
  return words;
}

/** Paints a matrix, one pixel per cell; NaN stays transparent. */
export function paint(canvas, matrix, [low, high], words) {
  canvas.width = Math.max(1, matrix.columns);
  canvas.height = Math.max(1, matrix.rows);
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const scale = 255 / (high - low);
  const values = matrix.values;
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (v === v) {
      const at = (v - low) * scale;
      pixels[i] = words[at < 0 ? 0 : at > 255 ? 255 : at + 0.5 | 0];
    }
  }
  context.putImageData(image, 0, 0);
}
