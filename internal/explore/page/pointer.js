// What the pointer, the wheel and the keys do to the picture.

let tool = 'look';
let brush = 1; // cells a side
const down = new Map(); // pointers that touch the picture, by their number
let stroke = null; // the erasing or panning at hand

// useTool makes the pointer look, erase or restore.
function useTool(name) {
  tool = name;
  for (const t of ['look', 'erase', 'restore']) $(`tool-${t}`).setAttribute('aria-pressed', String(t === tool));
  $('stage').dataset.tool = tool;
  $('brush-field').hidden = tool === 'look';
}

function useBrush(size) {
  brush = Math.max(1, Math.min(9, size));
  $('brush').value = brush;
  $('brush-text').textContent = `${brush} × ${brush}`;
}

// positionOf returns where an event is: on the canvas and in the picture.
function positionOf(event) {
  const box = $('canvas').getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  const {scale, left, top} = transform();
  const at = {x, y, px: (x - left) / scale, py: (y - top) / scale};
  at.inside = at.px >= 0 && at.py >= 0 && at.px < shown.image.width && at.py < shown.image.height;
  return at;
}

// brushed returns the native patches that the brush covers at a pixel of the picture.
function brushed(px, py) {
  const c = cellGrid(shown.image.grid);
  const {row, col} = nearestOf(px, py, c.origin, c.stride, c.rows, c.cols);
  const reach = (brush - 1) / 2;
  const cells = [];
  for (let r = Math.max(0, row - reach); r <= Math.min(c.rows - 1, row + reach); r++) {
    for (let k = Math.max(0, col - reach); k <= Math.min(c.cols - 1, col + reach); k++) cells.push(r * c.cols + k);
  }
  return cells;
}

// paint erases or restores along the way from the last position to this one.
function paint(at) {
  const from = stroke.last ?? at;
  const step = cellGrid(shown.image.grid).stride / 2;
  const steps = Math.max(1, Math.ceil(Math.hypot(at.px - from.px, at.py - from.py) / step));
  for (let i = 0; i <= steps; i++) {
    const px = from.px + (at.px - from.px) * i / steps, py = from.py + (at.py - from.py) * i / steps;
    if (px < 0 || py < 0 || px >= shown.image.width || py >= shown.image.height) continue;
    for (const cell of brushed(px, py)) stroke.erase ? state.erased.add(cell) : state.erased.delete(cell);
  }
  stroke.last = at;
  changed();
}

function pointerDown(event) {
  if (event.button > 0) return;
  const at = positionOf(event);
  down.set(event.pointerId, at);
  $('canvas').setPointerCapture(event.pointerId);
  if (down.size === 2) {
    if (stroke?.before) setErased(stroke.before); // a second finger: this is no stroke
    const [a, b] = [...down.values()];
    stroke = {pinch: Math.hypot(a.x - b.x, a.y - b.y), zoom: state.zoom};
  } else if (down.size > 2) {
    stroke = null;
  } else if (tool === 'look') {
    stroke = {start: at, x: state.x, y: state.y};
  } else if (at.inside) {
    stroke = {before: new Set(state.erased), erase: tool === 'erase'};
    paint(at);
  }
}

function pointerMove(event) {
  const at = positionOf(event);
  if (!down.has(event.pointerId)) {
    if (event.pointerType !== 'touch') point(at.inside ? patchAt(at.px, at.py) : null);
    return;
  }
  down.set(event.pointerId, at);
  if (!stroke) return;
  if (stroke.pinch) {
    const [a, b] = [...down.values()];
    zoomTo(stroke.zoom * Math.hypot(a.x - b.x, a.y - b.y) / stroke.pinch, (a.x + b.x) / 2, (a.y + b.y) / 2);
    changed();
  } else if (stroke.start) {
    stroke.moved ||= Math.hypot(at.x - stroke.start.x, at.y - stroke.start.y) > 4;
    if (!stroke.moved || state.zoom === 1) return;
    const {scale} = transform();
    lookAt(stroke.x - (at.x - stroke.start.x) / scale, stroke.y - (at.y - stroke.start.y) / scale);
    changed();
  } else {
    point(at.inside ? patchAt(at.px, at.py) : null);
    paint(at);
  }
}

function pointerUp(event) {
  if (!down.delete(event.pointerId)) return;
  const at = positionOf(event);
  if (stroke?.before) {
    remember(stroke.before);
    announceAnswer();
  } else if (stroke?.start && !stroke.moved && at.inside && event.type === 'pointerup') {
    state.patch = patchAt(at.px, at.py);
    changed();
  }
  stroke = null;
}

// point shows the patch under the pointer, or the chosen one again.
function point(patch) {
  if (patch === hover) return;
  hover = patch;
  hovered();
}

// keys are what keys do while the picture has the focus.
const keys = {
  ArrowLeft: shift => step(0, shift ? -5 : -1),
  ArrowRight: shift => step(0, shift ? 5 : 1),
  ArrowUp: shift => step(shift ? -5 : -1, 0),
  ArrowDown: shift => step(shift ? 5 : 1, 0),
  Home: () => choosePatch(shown.order[0]),
  End: () => choosePatch(shown.order[shown.order.length - 1]),
  Enter: () => toggleErased(),
  ' ': () => toggleErased(),
  p: () => togglePin(shown.patch),
  h: () => { state.view = state.view === 'picture' ? 'overlay' : 'picture'; changed(); },
  l: () => useTool('look'),
  e: () => useTool('erase'),
  r: () => useTool('restore'),
  '[': () => useBrush(brush - 2),
  ']': () => useBrush(brush + 2),
  '+': () => { zoomTo(state.zoom * 1.5); changed(); },
  '=': () => { zoomTo(state.zoom * 1.5); changed(); },
  '-': () => { zoomTo(state.zoom / 1.5); changed(); },
  0: () => { zoomTo(1); changed(); },
  '?': () => $('help').showModal(),
};

// step moves to another patch.
function step(rows, cols) {
  const g = shown.image.grid;
  const within = (v, n) => Math.max(0, Math.min(n - 1, v));
  hover = null;
  choosePatch(within(Math.floor(shown.patch / g.cols) + rows, g.rows) * g.cols + within(shown.patch % g.cols + cols, g.cols));
}

// choosePatch shows a patch, says what it is, and brings it into view.
function choosePatch(patch) {
  hover = null;
  state.patch = patch;
  if (state.zoom > 1) {
    const r = rectOf(shown.image.grid, patch);
    const {scale, left, top} = transform();
    const x = left + r.x * scale, y = top + r.y * scale, side = r.side * scale;
    if (x < 0 || y < 0 || x + side > stage.width || y + side > stage.height) lookAt(r.x + r.side / 2, r.y + r.side / 2);
  }
  changed();
  announcePatch(patch);
}

function listenToPointer() {
  const canvas = $('canvas');
  canvas.addEventListener('pointerdown', pointerDown);
  canvas.addEventListener('pointermove', pointerMove);
  canvas.addEventListener('pointerup', pointerUp);
  canvas.addEventListener('pointercancel', pointerUp);
  canvas.addEventListener('pointerleave', () => point(null));
  canvas.addEventListener('dblclick', event => {
    if (tool !== 'look') return;
    const at = positionOf(event);
    zoomTo(state.zoom * 2, at.x, at.y);
    changed();
  });
  canvas.addEventListener('wheel', event => { // without Ctrl the wheel scrolls the page; a pinch has it
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const at = positionOf(event);
    zoomTo(state.zoom * Math.exp(-event.deltaY / 200), at.x, at.y);
    changed();
  }, {passive: false});
  $('stage').addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!Object.hasOwn(keys, key)) return;
    event.preventDefault();
    keys[key](event.shiftKey);
  });
}
