// What follows from the patches' values, in float64. Cells are [patches, n classes].

// meanLogits returns the n means over the cells that are not erased; NaN if none is left.
function meanLogits(cells, n, erased) {
  const sums = new Float64Array(n);
  const count = cells.length / n;
  let left = 0;
  for (let i = 0; i < count; i++) {
    if (erased.has(i)) continue;
    left++;
    for (let c = 0, at = i * n; c < n; c++) sums[c] += cells[at + c];
  }
  for (let c = 0; c < n; c++) sums[c] /= left;
  return sums;
}

// probabilities returns the softmax of logits; of a network with one output, whose two
// classes have the logits z and -z, the sigmoid of each.
function probabilities(logits, oneOutput) {
  if (oneOutput) return Float64Array.from(logits, z => 1 / (1 + Math.exp(-z)));
  let largest = -Infinity;
  for (const v of logits) largest = Math.max(largest, v);
  const p = Float64Array.from(logits, v => Math.exp(v - largest));
  let sum = 0;
  for (const v of p) sum += v;
  for (let i = 0; i < p.length; i++) p[i] /= sum;
  return p;
}

// best returns which value is the largest, the first of several; -1 if they are no numbers.
function best(values) {
  let at = -1;
  for (let i = 0; i < values.length; i++) if (at < 0 ? values[i] === values[i] : values[i] > values[at]) at = i;
  return at;
}

// largest returns the numbers of the k largest values, the first of equal ones first.
function largest(values, k) {
  const order = Array.from(values.keys());
  order.sort((a, b) => values[b] - values[a] || a - b);
  return order.slice(0, k);
}

// column returns what the patches of values say of class a, by how much more than of b
// if that is not -1.
function column(values, n, a, b) {
  const out = new Float64Array(values.length / n);
  for (let i = 0, at = 0; i < out.length; i++, at += n) out[i] = b < 0 ? values[at + a] : values[at + a] - values[at + b];
  return out;
}

// magnitude returns the value that percent of the magnitudes do not exceed, as heatmap has
// it; 1 if that is 0.
function magnitude(lists, percent) {
  let count = 0;
  for (const list of lists) count += list.length;
  const all = new Float64Array(count);
  let at = 0;
  for (const list of lists) for (const v of list) all[at++] = Math.abs(v);
  all.sort();
  const place = percent / 100 * (count - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, count - 1);
  return all[low] + (place - low) * (all[high] - all[low]) || 1;
}

// leastChange returns the smallest set of cells without which another class is likelier
// than the answer, and which one that is; null if there is none.
//
// For one other class it is exact to erase the cells in the order of how much more they
// say of the answer: no other set of that size leaves less. So the smallest set over all
// other classes is the smallest there is.
function leastChange(cells, n) {
  const count = cells.length / n;
  const answer = best(meanLogits(cells, n, new Set()));
  let least = count, to = -1, left = 0;
  for (let c = 0; c < n; c++) {
    if (c === answer) continue;
    const ahead = column(cells, n, answer, c).sort();
    let sum = 0;
    for (const v of ahead) sum += v;
    let k = 0;
    while (k < least && k < count - 1 && !overtaken(sum, c, answer)) sum -= ahead[count - 1 - k++];
    if (!overtaken(sum, c, answer) || k > least || k === least && sum >= left) continue;
    [least, to, left] = [k, c, sum];
  }
  if (to < 0) return null;
  return {cells: largest(column(cells, n, answer, to), least), to};
}

// overtaken reports whether the answer is behind class c by its sum of differences.
function overtaken(sum, c, answer) {
  return sum < 0 || sum === 0 && c < answer;
}

// mostKept returns the cells of a small set that has the same answer as all together: first
// the one that is surest of it, then, as long as another class is ahead, the one that says
// most against that class. This is greedy: where one cell does not do, a smaller set may exist.
function mostKept(cells, n) {
  const count = cells.length / n;
  const answer = best(meanLogits(cells, n, new Set()));
  const sums = new Float64Array(n);
  const kept = [];
  const free = new Set(Array(count).keys());
  while (free.size > 0) {
    let next = -1, most = -Infinity;
    const rival = kept.length === 0 ? -1 : bestBut(sums, 0, n, answer);
    for (const i of free) {
      const against = rival < 0 ? bestBut(cells, i * n, n, answer) : rival;
      const lead = against < 0 ? 0 : cells[i * n + answer] - cells[i * n + against];
      if (lead > most) [next, most] = [i, lead];
    }
    free.delete(next);
    kept.push(next);
    for (let c = 0; c < n; c++) sums[c] += cells[next * n + c];
    if (best(sums) === answer) return kept;
  }
  return kept;
}

// bestBut returns the best of n values from at on, the class left out not among them.
function bestBut(values, at, n, left) {
  let found = -1;
  for (let c = 0; c < n; c++) if (c !== left && (found < 0 || values[at + c] > values[at + found])) found = c;
  return found;
}

// apart returns the first k of the patches in order none of which covers an earlier one by
// more than half; rect gives a patch's x and y.
function apart(order, k, side, rect) {
  const taken = [];
  for (const i of order) {
    if (taken.length >= k) break;
    const a = rect(i);
    const covers = j => {
      const b = rect(j);
      return Math.max(0, side - Math.abs(a.x - b.x)) * Math.max(0, side - Math.abs(a.y - b.y)) > side * side / 2;
    };
    if (!taken.some(covers)) taken.push(i);
  }
  return taken;
}
