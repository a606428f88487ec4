// One tooltip for all charts. Its lines are set as text: names from a run directory are never markup.

let box;

export function show(lines, x, y) {
  if (!box) {
    box = document.createElement('div');
    box.className = 'tip';
    box.setAttribute('role', 'status');
  }
  const host = document.fullscreenElement ?? document.body;
  if (box.parentNode !== host) {
    host.append(box);
  }
  box.replaceChildren(...lines.filter(line => line).map((line, i) => {
    const element = document.createElement('div');
    element.textContent = line;
    element.className = i === 0 ? 'tip-value' : '';
    return element;
  }));
  box.hidden = false;
  const { width, height } = box.getBoundingClientRect();
  box.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
  box.style.top = `${Math.max(4, y + 14 + height > innerHeight ? y - height - 10 : y + 14)}px`;
}

export function hide() {
  if (box) {
    box.hidden = true;
  }
}

/** A number with every digit that its type holds (the shortest text that reads back as the same value). */
export function exact(value, single) {
  if (!Number.isFinite(value)) {
    return String(value);
  }
  // What was widened from a float32 reads as that float32.
  if (!single && Math.fround(value) !== value) {
    return String(value);
  }
  for (let digits = 6; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) {
      return String(Number(text));
    }
  }
  return String(value);
}
