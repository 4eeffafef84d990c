// How the parts work together: what is told becomes state, and state what is shown.

const told = JSON.parse($('told').textContent);
const images = told.images.map(image => {
  const native = nativeOf(image.grid);
  return {...image, native, cellNumbers: numbersOf(native, image.grid.rows * image.grid.cols), values: null, past: [], future: []};
});
let state = fresh();
let hover = null; // the patch under the pointer
let shown = null; // what follows from the state; see look

// look works out what the state shows.
function look() {
  const image = images[state.image];
  const n = image.classes.length;
  const position = index => image.classes.findIndex(c => c.index === index);
  image.cells ??= cellsOf(image.values, image.native, n);
  image.whole ??= meanLogits(image.cells, n, new Set());
  let a = position(state.a ?? told.class);
  if (a < 0) a = best(image.whole);
  let b = position(state.b ?? told.versus ?? -1);
  if (b === a) b = -1;
  const same = shown && shown.image === image && shown.a === a && shown.b === b;
  const layer = same ? shown.layer : column(image.values, n, a, b);
  const logits = state.erased.size ? meanLogits(image.cells, n, state.erased) : image.whole;
  return {
    image, n, a, b, layer, logits, cells: image.cells, whole: image.whole,
    p: probabilities(logits, told.oneOutput), wholeP: probabilities(image.whole, told.oneOutput),
    logit: b < 0 ? logits[a] : logits[a] - logits[b],
    name: shortName(image.classes[a]), other: b < 0 ? '' : shortName(image.classes[b]),
    order: same ? shown.order : largest(layer, layer.length), colors: colormap(told.colormaps, state.colors),
    scale: state.scale ?? usualScale(image.classes[a].index, b < 0 ? -1 : image.classes[b].index),
  };
}

// usualScale returns the scale that suits the classes in all images that are read, so that
// their colours can be compared; it is that of bagnet heatmap, to which a border that took no part
// in the decision does not count.
const scales = new Map();
function usualScale(a, b) {
  const read = images.filter(image => image.values);
  const key = [a, b, read.length].join();
  if (!scales.has(key)) {
    const columns = [];
    for (const image of read) {
      const [i, j] = [a, b].map(index => image.classes.findIndex(c => c.index === index));
      if (i >= 0 && (b < 0 || j >= 0)) columns.push(column(image.values, image.classes.length, i, j).filter((_, patch) => counts(image, patch)));
    }
    scales.set(key, magnitude(columns, 99));
  }
  return scales.get(key);
}

// draw shows all of it.
function draw() {
  drawWords();
  drawPictures();
  drawRest();
}

// drawWords shows what can be read: the answer and what the patch says.
function drawWords() {
  shown = look();
  shown.patch = hover ?? state.patch ?? shown.order[0];
  drawAnswer();
  drawPatchFacts();
}

// drawPictures shows what drawWords has worked out: the map over the picture, and the patch.
function drawPictures() {
  shown.map = drawMap(shown);
  layStage(shown.image);
  drawStage();
  drawPatchPicture();
}

function drawRest() {
  drawPins();
  drawLists();
  drawSum();
  drawTable();
  drawSettings();
  hideFound();
}

// changed draws, before the next frame, what the state has become, and has the address say it.
let waiting = 0;
function changed() {
  waiting ||= requestAnimationFrame(() => {
    waiting = 0;
    draw();
    clearTimeout(telling);
    telling = setTimeout(tellAddress, 250);
  });
}

// hovered draws what depends on the pointer alone.
function hovered() {
  shown.patch = hover ?? state.patch ?? shown.order[0];
  drawStage();
  drawPatchFacts();
  drawPatchPicture();
}

let telling = 0;
function tellAddress() {
  const fragment = fragmentOf(state);
  if (fragment !== location.hash.slice(1)) history.replaceState(null, '', `#${fragment}`);
}

// drawSettings makes the fields say what is set.
function drawSettings() {
  for (const v of views) $(`view-${v}`).setAttribute('aria-pressed', String(v === state.view));
  $('opacity').value = state.opacity;
  $('threshold').value = state.threshold;
  $('threshold-text').textContent = state.threshold ? number(state.threshold * shown.scale, 2) : 'none';
  $('colormap').value = state.colors;
  $('scale').placeholder = number(usualScale(shown.image.classes[shown.a].index, shown.b < 0 ? -1 : shown.image.classes[shown.b].index), 2);
  if (document.activeElement !== $('scale')) $('scale').value = state.scale ?? '';
  $('zoom-text').textContent = `${Math.round(100 * state.zoom)}%`;
  $('stage').classList.toggle('zoomed', state.zoom > 1);
  $('stage').setAttribute('aria-label', `Patches of ${shown.image.name}, ${shown.image.grid.rows} rows of ${shown.image.grid.cols}, and what they say of ${shown.name}`);
  for (const which of ['a', 'b']) {
    const input = $(`class-${which}`);
    if (input.getAttribute('aria-expanded') !== 'true') input.value = shown[which] < 0 ? '' : shortName(shown.image.classes[shown[which]]);
  }
  $('swap').disabled = shown.b < 0;
  drawRamp();
  images.forEach((_, i) => {
    const tab = $(`tab-${i}`);
    tab.setAttribute('aria-selected', String(i === state.image));
    tab.tabIndex = i === state.image ? 0 : -1;
  });
  const g = shown.image.grid, notes = [];
  if (g.step > 1) notes.push(`Patches ${count(g.stride, 'pixel', 'pixels')} apart are drawn; the logit is the mean of the ${g.nativeRows} × ${g.nativeCols} that are ${g.step * g.stride} apart, and these can be erased.`);
  if (shown.image.lossy) notes.push('The picture is compressed for this page: it is not, pixel by pixel, what the network saw.');
  $('layer-note').textContent = notes.join(' ');
  $('layer-note').hidden = notes.length === 0;
}

// showClass shows the evidence for a class, or against it; -1 is none.
function showClass(which, index) {
  const {classes} = shown.image;
  const now = {a: classes[shown.a].index, b: shown.b < 0 ? -1 : classes[shown.b].index};
  const other = which === 'a' ? 'b' : 'a';
  if (now[other] === index) now[other] = now[which]; // one cannot be both: they change places
  now[which] = index;
  [state.a, state.b] = [now.a, now.b];
  changed();
}

// showImage shows another image, with what was done to it before.
async function showImage(i) {
  await prepare(i);
  const {patch, pins, erased, zoom, x, y} = state;
  images[state.image].left = {patch, pins, erased, zoom, x, y};
  const first = fresh();
  Object.assign(state, {patch: null, pins: [], erased: first.erased, zoom: 1, x: null, y: null}, images[i].left, {image: i});
  hover = null;
  changed();
}

// parsed is when all of the page is there: the values come after the script.
const parsed = new Promise(done => document.addEventListener('DOMContentLoaded', done, {once: true}));

// readPicture reads the picture of an image.
async function readPicture(i) {
  const picture = new Image();
  const block = $(`picture-${i}`);
  picture.src = `data:${block.type};base64,${block.textContent}`;
  await picture.decode();
  images[i].picture = picture;
  images[i].grey = greyOf(picture);
}

// prepare reads the values and the picture of an image, once.
function prepare(i) {
  const image = images[i];
  image.ready ??= (async () => {
    await parsed;
    const {rows, cols} = image.grid;
    const picture = image.picture ? null : readPicture(i);
    const values = await readValues($(`exponents-${i}`).textContent, $(`rest-${i}`).textContent, rows * cols * image.classes.length);
    await picture;
    Object.assign(image, {values, cells: null, whole: null});
  })();
  return image.ready;
}

// open shows what the page shows at first by the few values that this takes, as soon as they
// are there: the words at once, with what else there is of the page so far, and the pictures when
// they are decoded. The values are those of patches and of classify, as all that follow.
async function open() {
  const image = images[0];
  const n = image.classes.length, patches = image.grid.rows * image.grid.cols;
  const position = index => image.classes.findIndex(c => c.index === index);
  const first = told.class ?? image.best.index;
  const positions = [position(first)];
  if (told.versus !== null && told.versus !== first) positions.push(position(told.versus));
  image.values = openingOf($('opening').textContent, patches, n, positions);
  image.cells = new Float64Array(image.native.length * n);
  image.whole = Float64Array.from(image.logits);
  drawWords();
  $('app').hidden = false;
  performance.mark('first patch');
  await readPicture(0);
  drawPictures();
  shown = null;
}

function listen() {
  listenToPointer();
  listenToErasing();
  picker('a');
  picker('b');
  for (const t of ['look', 'erase', 'restore']) $(`tool-${t}`).addEventListener('click', () => useTool(t));
  for (const v of views) $(`view-${v}`).addEventListener('click', () => { state.view = v; changed(); });
  const zoom = by => () => { zoomTo(by ? state.zoom * by : 1); changed(); };
  $('zoom-in').addEventListener('click', zoom(1.5));
  $('zoom-out').addEventListener('click', zoom(1 / 1.5));
  $('zoom-fit').addEventListener('click', zoom(0));
  $('brush').addEventListener('input', () => useBrush(Number($('brush').value)));
  $('opacity').addEventListener('input', () => { state.opacity = Number($('opacity').value); changed(); });
  $('threshold').addEventListener('input', () => { state.threshold = Number($('threshold').value); changed(); });
  $('scale').addEventListener('input', () => {
    const v = Number($('scale').value);
    state.scale = v > 0 && v < 1e30 ? v : null;
    changed();
  });
  $('colormap').append(...Object.keys(told.colormaps).flatMap(name => [name, `${name}_r`]).map(name => element('option', {value: name}, name)));
  $('colormap').addEventListener('change', () => { state.colors = $('colormap').value; changed(); });
  $('swap').addEventListener('click', () => { if (shown.b >= 0) showClass('a', shown.image.classes[shown.b].index); });
  $('pin').addEventListener('click', () => togglePin(shown.patch));
  $('table').addEventListener('toggle', drawTable);
  $('help-open').addEventListener('click', () => $('help').showModal());
  $('help-close').addEventListener('click', () => $('help').close());
  new ResizeObserver(changed).observe($('view'));
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
  window.addEventListener('resize', changed);
  window.addEventListener('hashchange', async () => {
    const next = stateOf(location.hash, images, told.colormaps);
    await prepare(next.image);
    state = next;
    changed();
  });
}

// makeTabs makes a tab for each image, if there are several.
function makeTabs() {
  $('tabs').hidden = images.length === 1;
  $('tabs').append(...images.map((image, i) => element('button', {
    role: 'tab', id: `tab-${i}`, 'aria-controls': 'view', title: image.name, onclick: () => showImage(i),
    onkeydown: event => {
      const to = i + ({ArrowRight: 1, ArrowLeft: -1}[event.key] ?? 0);
      if (to === i || to < 0 || to >= images.length) return;
      showImage(to);
      $(`tab-${to}`).focus();
    },
  }, element('span', {class: 'file'}, image.name), element('small', {}, `${shortName(image.best)} ${percent(image.share)}`))));
}

async function start() {
  if (typeof DecompressionStream !== 'function') throw new Error('This browser is too old for the page: it lacks DecompressionStream.');
  state = stateOf(location.hash, images, told.colormaps);
  useTool('look');
  useBrush(1);
  makeTabs();
  if (!location.hash) await open();
  await prepare(state.image);
  $('app').hidden = false;
  draw();
  listen();
  window.bagnet = numbers;
  performance.mark('ready');
  for (let i = 0; i < images.length; i++) await prepare(i);
  if (images.length > 1) changed(); // the scale suits all images now
}

// numbers are what tests and the curious may use, as window.bagnet, from when all are there.
const numbers = {
  get cells() { return shown.cells; }, // [rows, cols, classes] logits of the native patches
  get rows() { return shown.image.grid.nativeRows; },
  get cols() { return shown.image.grid.nativeCols; },
  get classes() { return shown.image.classes; },
  get erased() { return state.erased; },
  logits: () => meanLogits(shown.cells, shown.n, state.erased),
  erase(cell) {
    if (!(Number.isInteger(cell) && cell >= 0 && cell < shown.image.native.length)) throw new RangeError(`there is no cell ${cell}`);
    state.erased.add(cell);
    changed();
  },
  restore(cell) {
    state.erased.delete(cell);
    changed();
  },
};

start().catch(error => {
  $('trouble').textContent = error.message;
  $('trouble').hidden = false;
});
