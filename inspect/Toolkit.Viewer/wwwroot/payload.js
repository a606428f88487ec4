// Reads what /chart/{kind}.bin answers: a JSON header whose lists of numbers are references into the floats behind it.
// The floats are mapped, not parsed or copied; NaN stays NaN and is drawn as a gap.

export async function fetchChart(url, signal) {
  const response = await fetch(url, { signal });
  if (!response.ok) {
    throw new Error((await response.text()) || `The server answered ${response.status}.`);
  }
  return decode(await response.arrayBuffer());
}

export function decode(buffer) {
  const length = new DataView(buffer).getInt32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const start = 4 + length;
  return resolve(header, buffer, start);
}

function resolve(node, buffer, start) {
  if (Array.isArray(node)) {
    return node.map(item => resolve(item, buffer, start));
  }
  if (node === null || typeof node !== 'object') {
    return node;
  }
  const reference = node.f4 ?? node.f8;
  if (reference) {
    const type = node.f4 ? Float32Array : Float64Array;
    const values = new type(buffer, start + reference[0], reference[1]);
    return 'rows' in node ? { rows: node.rows, columns: node.columns, values } : values;
  }
  for (const key of Object.keys(node)) {
    node[key] = resolve(node[key], buffer, start);
  }
  return node;
}
