// The strongest patches, how all of them add up, and the table of all.

// drawLists shows the patches that say most and least, if they are others than before.
let listed = '';
function drawLists() {
  const g = shown.image.grid;
  const key = [state.image, shown.a, shown.b, state.colors, shown.scale, ink('--paper')].join();
  if (key === listed) return;
  listed = key;
  const rect = i => rectOf(g, i);
  const what = shown.b < 0 ? shown.name : `${shown.name} against ${shown.other}`;
  $('strongest-title').textContent = `Most for ${what}`;
  $('weakest-title').textContent = `Least for ${what}`;
  const list = (to, order) => refill($(to), apart(order, 10, g.patch, rect).map(thumb));
  list('strongest', shown.order);
  list('weakest', shown.order.slice().reverse());
}

// thumb returns a button that leads to a patch.
function thumb(patch) {
  const picture = element('canvas', {'aria-hidden': 'true'});
  drawPatch(picture, shown.image, patch, 52);
  const [r, g, b] = colorAt(shown.colors, shown.layer[patch] / shown.scale);
  picture.style.borderColor = `rgb(${r}, ${g}, ${b})`;
  const value = signed(shown.layer[patch], 1);
  return element('button', {
    class: 'thumb', 'data-key': patch, 'aria-label': `${whereIs(shown.image.grid, patch)}: ${value}`,
    onclick: () => choosePatch(patch), onpointerenter: () => point(patch), onpointerleave: () => point(null),
  }, picture, element('span', {class: 'value'}, value));
}

// drawSum draws how the logit grows, patch by patch from the strongest one.
function drawSum() {
  const {image, layer, logit} = shown;
  const left = shown.order.filter(i => { const cell = cellOf(i); return cell >= 0 && !state.erased.has(cell); });
  const sums = [0];
  for (const i of left) sums.push(sums[sums.length - 1] + layer[i] / left.length);
  const low = Math.min(0, ...sums), high = Math.max(0, ...sums);
  const x = i => 4 + 312 * i / Math.max(1, left.length);
  const y = v => 114 - 108 * (v - low) / (high - low || 1);
  const points = sums.map((v, i) => `${x(i).toFixed(2)} ${y(v).toFixed(2)}`);
  $('curve-line').setAttribute('d', `M${points.join('L')}`);
  $('curve-area').setAttribute('d', `M${x(0)} ${y(0)}L${points.join('L')}L${x(left.length)} ${y(0)}Z`);
  for (const [name, v] of Object.entries({x1: x(0), x2: x(left.length), y1: y(0), y2: y(0)})) $('curve-zero').setAttribute(name, v);
  const here = left.indexOf(shown.patch) + 1;
  $('curve-here').setAttribute('cx', x(here));
  $('curve-here').setAttribute('cy', y(sums[here]));
  $('curve-here').classList.toggle('away', here === 0);
  const total = sums[sums.length - 1] * left.length;
  $('curve-title').textContent = `The sum of the evidence from the strongest patch to the weakest rises to ${number(high)} and ends at ${number(logit)}.`;
  $('sum-text').textContent = left.length === 0 ? 'There is nothing to add up.'
    : `${count(left.length, 'patch', 'patches')}${state.erased.size ? ' left' : ''}: ${number(total, 2)} in all; divided by ${left.length} that is the ${shown.b < 0 ? 'logit' : 'difference of logits'}, ${number(logit, 4)}.`;
  const by = shown.b < 0 ? image.logits[shown.a] : image.logits[shown.a] - image.logits[shown.b];
  const mean = shown.b < 0 ? shown.whole[shown.a] : shown.whole[shown.a] - shown.whole[shown.b];
  $('residual').textContent = `For the whole picture the program's own path, from mean features, gives ${number(by, 4)}. Residual: ${Math.abs(mean - by).toExponential(1).replace('-', '−')}.`;
}

// drawTable fills the table of all patches that count, if it is open. Rows and columns have
// the numbers that they have in the grid drawn.
function drawTable() {
  if (!$('table').open) return;
  const {nativeRows: rows, nativeCols: cols, first, step} = shown.image.grid;
  const table = element('table', {}, element('caption', {}, `Evidence for ${shown.name}${shown.b < 0 ? '' : ' against ' + shown.other}, by row and column of patches`));
  const numbers = Array.from({length: cols}, (_, col) => element('th', {scope: 'col'}, String(first + step * col + 1)));
  table.append(element('thead', {}, element('tr', {}, element('td'), ...numbers)));
  const body = element('tbody');
  for (let row = 0; row < rows; row++) {
    const values = Array.from({length: cols}, (_, col) => {
      const cell = row * cols + col;
      const value = signed(shown.layer[shown.image.native[cell]], 1);
      return element('td', {}, state.erased.has(cell) ? element('s', {}, value) : value);
    });
    body.append(element('tr', {}, element('th', {scope: 'row'}, String(first + step * row + 1)), ...values));
  }
  table.append(body);
  $('table').lastElementChild.replaceChildren(table);
}
