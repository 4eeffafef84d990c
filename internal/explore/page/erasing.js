// Erasing patches, and taking it back.

// setErased replaces what is erased.
function setErased(cells) {
  state.erased = new Set(cells);
  changed();
}

// remember makes what was erased before something to go back to.
function remember(before) {
  const {image} = shown;
  if (before.size === state.erased.size && [...before].every(cell => state.erased.has(cell))) return;
  image.past.push(before);
  image.future.length = 0;
  changed();
}

// erasing replaces what is erased, which can be undone.
function erasing(cells) {
  const before = state.erased;
  setErased(cells);
  remember(before);
  announceAnswer();
}

// toggleErased erases what the brush covers around the patch that is shown, or restores it
// if the patch is erased.
function toggleErased() {
  const r = rectOf(shown.image.grid, shown.patch);
  const middle = (r.side - 1) / 2;
  const cells = brushed(r.x + middle, r.y + middle);
  const own = cellOf(shown.patch);
  const erase = !state.erased.has(own < 0 ? cells[Math.floor(cells.length / 2)] : own);
  const next = new Set(state.erased);
  for (const cell of cells) erase ? next.add(cell) : next.delete(cell);
  erasing(next);
}

// back undoes, or redoes if the two are given the other way round.
function back(from, to) {
  if (from.length === 0) return;
  to.push(state.erased);
  setErased(from.pop());
  announceAnswer();
}

const undo = () => back(shown.image.past, shown.image.future);
const redo = () => back(shown.image.future, shown.image.past);

// found says what was found, until something else is erased.
function tellFound(words) {
  $('found').textContent = words;
  $('found').hidden = false;
  $('found').dataset.erased = packed(state.erased);
}

function hideFound() {
  if ($('found').dataset.erased !== packed(state.erased)) $('found').hidden = true;
}

function eraseLeast() {
  const least = leastChange(shown.cells, shown.n);
  const {image} = shown;
  if (!least) {
    tellFound('No set of patches changes the answer: whichever are left, it stays the same.');
    return;
  }
  erasing(least.cells);
  tellFound(`Without ${least.cells.length === 1 ? 'this patch' : `these ${least.cells.length} patches`} the answer is ${shortName(image.classes[least.to])}. No smaller set changes it.`);
}

function eraseMost() {
  const kept = new Set(mostKept(shown.cells, shown.n));
  const all = shown.cells.length / shown.n;
  const {image} = shown;
  erasing(Array.from({length: all}, (_, i) => i).filter(i => !kept.has(i)));
  tellFound(`${kept.size === 1 ? 'This one patch' : `These ${kept.size} patches`} of ${all} ${kept.size === 1 ? 'says' : 'say'} ${shortName(image.classes[best(shown.whole)])} without the others.`
    + (kept.size === 1 ? '' : ' Found greedily: fewer may do.'));
}

function listenToErasing() {
  $('undo').addEventListener('click', undo);
  $('redo').addEventListener('click', redo);
  $('restore-all').addEventListener('click', () => erasing([]));
  $('least').addEventListener('click', eraseLeast);
  $('most').addEventListener('click', eraseMost);
  $('erase-patch').addEventListener('click', () => {
    const cell = cellOf(shown.patch);
    const next = new Set(state.erased);
    if (!next.delete(cell)) next.add(cell);
    erasing(next);
  });
  document.addEventListener('keydown', event => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.target.tagName === 'INPUT' && event.target.type !== 'range') return;
    const key = event.key.toLowerCase();
    if (key !== 'z' && key !== 'y') return;
    event.preventDefault();
    key === 'y' || event.shiftKey ? redo() : undo();
  });
}
