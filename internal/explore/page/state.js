// What is shown, and how the address says it, so that a link shows the same.

// fresh returns what a page shows at first.
function fresh() {
  return {
    image: 0,
    a: null, b: null, // indices of classes; null for those of the page, and a b of -1 for none
    patch: null, pins: [], // numbers within the grid
    erased: new Set(), // numbers of native patches
    view: 'overlay', opacity: 0.6, threshold: 0, colors: 'RdBu_r', scale: null,
    zoom: 1, x: null, y: null, // times the whole picture, and the pixel in the middle
  };
}

const views = ['overlay', 'picture', 'map'];

// numbersIn returns the whole numbers that text lists.
function numbersIn(text) {
  return (text ?? '').split(',').filter(word => /^\d{1,9}$/.test(word)).map(Number);
}

// packed returns a set of numbers as text: a bit for each, six to a letter.
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
function packed(set) {
  const words = [];
  for (const i of set) words[Math.floor(i / 6)] |= 1 << i % 6;
  return Array.from(words, w => letters[w ?? 0]).join('');
}

// unpacked returns the set that text has; its numbers are below count.
function unpacked(text, count) {
  const set = new Set();
  Array.from(text ?? '').forEach((letter, word) => {
    const bits = letters.indexOf(letter);
    for (let k = 0; bits > 0 && k < 6; k++) if (bits >> k & 1 && 6 * word + k < count) set.add(6 * word + k);
  });
  return set;
}

// fragmentOf returns the state as the end of an address; what is as at first is left out.
function fragmentOf(s) {
  const first = fresh();
  const out = new URLSearchParams();
  const add = (name, value, usual) => { if (value !== usual) out.set(name, value); };
  add('image', s.image, first.image);
  if (s.a !== null) out.set('class', s.a);
  if (s.b !== null) out.set('versus', s.b < 0 ? 'none' : s.b);
  if (s.patch !== null) out.set('patch', s.patch);
  if (s.pins.length) out.set('pins', s.pins.join(','));
  if (s.erased.size) out.set('erased', packed(s.erased));
  add('view', s.view, first.view);
  add('opacity', s.opacity, first.opacity);
  add('threshold', s.threshold, first.threshold);
  add('colors', s.colors, first.colors);
  if (s.scale !== null) out.set('scale', s.scale);
  if (s.zoom > 1) out.set('zoom', [s.zoom, s.x, s.y].map(v => Number(v.toFixed(2))).join(','));
  return out.toString().replaceAll('%2C', ',');
}

// stateOf returns the state that the end of an address says. What makes no sense there is
// as at first. images have the pages' grids and classes, tables the colour maps.
function stateOf(fragment, images, tables) {
  const s = fresh();
  const given = new URLSearchParams(fragment.replace(/^#/, ''));
  const number = (name, low, high, usual) => {
    const text = given.get(name);
    const v = Number(text);
    return text && v >= low && v <= high ? v : usual;
  };
  s.image = Math.floor(number('image', 0, images.length - 1, 0));
  const {grid, classes, width, height} = images[s.image];
  const known = name => {
    const index = numbersIn(given.get(name))[0];
    return classes.some(c => c.index === index) ? index : null;
  };
  s.a = known('class');
  s.b = given.get('versus') === 'none' ? -1 : known('versus');
  if (s.b === s.a) s.b = null;
  const patches = grid.rows * grid.cols;
  s.patch = numbersIn(given.get('patch')).find(i => i < patches) ?? null;
  s.pins = [...new Set(numbersIn(given.get('pins')).filter(i => i < patches))].slice(0, 2);
  s.erased = unpacked(given.get('erased'), grid.nativeRows * grid.nativeCols);
  if (views.includes(given.get('view'))) s.view = given.get('view');
  s.opacity = number('opacity', 0, 1, s.opacity);
  s.threshold = number('threshold', 0, 1, s.threshold);
  if (Object.hasOwn(tables, (given.get('colors') ?? '').replace(/_r$/, ''))) s.colors = given.get('colors');
  s.scale = number('scale', 1e-30, 1e30, null);
  const [zoom, x, y] = (given.get('zoom') ?? '').split(',').map(Number);
  if (zoom > 1 && zoom <= mostZoom && x >= 0 && x <= width && y >= 0 && y <= height) [s.zoom, s.x, s.y] = [zoom, x, y];
  return s;
}

const mostZoom = 32;
