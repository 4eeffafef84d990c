// The patch under the pointer or the cursor, and the pinned ones.

// drawPatch draws the pixels that a patch sees, side pixels large.
function drawPatch(canvas, image, patch, side) {
  const context = sized(canvas, side, side);
  const r = rectOf(image.grid, patch);
  const scale = side / r.side;
  context.fillStyle = ink('--stage');
  context.fillRect(0, 0, side, side);
  context.imageSmoothingEnabled = false;
  if (image.picture) context.drawImage(image.picture, -r.x * scale, -r.y * scale, image.width * scale, image.height * scale);
}

// whereIs says which patch that is.
function whereIs(grid, patch) {
  return `row ${Math.floor(patch / grid.cols) + 1}, column ${patch % grid.cols + 1}`;
}

// likeliestOf returns the k likeliest classes of a patch alone.
function likeliestOf(patch, k) {
  const logits = shown.image.values.subarray(patch * shown.n, (patch + 1) * shown.n);
  const p = probabilities(logits, told.oneOutput);
  return largest(logits, k).map(c => ({class: shown.image.classes[c], probability: p[c], logit: logits[c], shown: c === shown.a || c === shown.b}));
}

// cellOf returns the number among the native patches, -1 if it is none of them.
function cellOf(patch) {
  return shown.image.cellNumbers[patch];
}

function drawPatchFacts() {
  const {image, patch} = shown;
  const g = image.grid, r = rectOf(g, patch);
  const value = shown.layer[patch];
  $('patch-value').textContent = signed(value, 3);
  $('patch-value').classList.toggle('for', value > 0);
  $('patch-value').classList.toggle('against', value < 0);
  $('patch-place').textContent = `${whereIs(g, patch)} · pixels ${r.x}–${r.x + r.side - 1} across, ${r.y}–${r.y + r.side - 1} down`;
  $('patch-share').textContent = shareOf(patch);
  bars($('patch-classes'), likeliestOf(patch, 5), c => showClass('a', c.index));
  $('pin').textContent = state.pins.includes(patch) ? 'Unpin' : 'Pin';
  const cell = cellOf(patch);
  $('erase-patch').disabled = cell < 0;
  $('erase-patch').textContent = state.erased.has(cell) ? 'Restore' : 'Erase';
}

function drawPatchPicture() {
  drawPatch($('patch-picture'), shown.image, shown.patch, 132);
}

// shareOf says what a patch contributes.
function shareOf(patch) {
  const cell = cellOf(patch);
  const left = shown.cells.length / shown.n - state.erased.size;
  if (cell < 0) return `It lies between the ${shown.image.native.length} patches whose mean is the logit.`;
  if (state.erased.has(cell)) return 'It is erased, and counts for nothing.';
  const adds = shown.layer[patch] / left;
  const share = adds / shown.logit;
  const of = shown.b < 0 ? 'logit' : 'difference';
  return `Adds ${signed(adds, 4)} to the ${of} of ${number(shown.logit)}` + (Math.abs(share) < 10 ? `: ${number(100 * share, 2)} % of it.` : '.');
}

function announcePatch(patch) {
  const first = likeliestOf(patch, 1)[0];
  const erased = state.erased.has(cellOf(patch)) ? ', erased' : '';
  announce(`${whereIs(shown.image.grid, patch)}: ${signed(shown.layer[patch])}${erased}. Alone it would be ${shortName(first.class)}, ${percent(first.probability)}.`);
}

// togglePin pins a patch; of three, the one that was pinned first goes.
function togglePin(patch) {
  const at = state.pins.indexOf(patch);
  if (at >= 0) state.pins.splice(at, 1);
  else state.pins.push(patch);
  if (state.pins.length > 2) state.pins.shift();
  announce(at >= 0 ? 'unpinned' : `pinned as ${state.pins.length}`);
  changed();
}

function drawPins() {
  $('pins').hidden = state.pins.length === 0;
  refill($('pinned'), state.pins.map((patch, i) => {
    const picture = element('canvas', {'aria-hidden': 'true'});
    drawPatch(picture, shown.image, patch, 56);
    const first = likeliestOf(patch, 1)[0];
    const where = whereIs(shown.image.grid, patch);
    return element('div', {class: `pinned pin-${i + 1}`},
      element('button', {class: 'thumb', 'data-key': patch, 'aria-label': `Pin ${i + 1}: ${where}`, onclick: () => choosePatch(patch)}, picture),
      element('div', {}, element('p', {class: 'value'}, signed(shown.layer[patch])), element('p', {class: 'hint'}, `${where} · alone ${shortName(first.class)} ${percent(first.probability)}`)),
      element('button', {class: 'icon', 'aria-label': `Let go of pin ${i + 1}`, title: 'Unpin', onclick: () => { togglePin(patch); $('pin').focus(); }}, '×'));
  }));
  if (state.pins.length === 2) {
    const [a, b] = state.pins;
    const more = shown.layer[a] - shown.layer[b];
    $('pinned').append(element('p', {class: 'difference'}, `1 says ${number(Math.abs(more), 2)} ${more < 0 ? 'less' : 'more'} than 2.`));
  }
}
