// What the page holds: the values of the patches, bit for bit as the program computed them.

// bytesOf returns the bytes that text has, 4 for 5 characters, and one fewer than the last
// ones if these are fewer: digits of base 85, from ( on, where ~ stands for <.
function bytesOf(text) {
  const digits = text + '||||'.slice(0, (5 - text.length % 5) % 5); // the largest digit
  const bytes = new Uint8Array(digits.length / 5 * 4);
  for (let from = 0, to = 0; to < bytes.length; to += 4) {
    let v = 0;
    for (const end = from + 5; from < end; from++) {
      const code = digits.charCodeAt(from);
      v = v * 85 + (code === 126 ? 20 : code - 40);
    }
    bytes[to] = v >>> 24;
    bytes[to + 1] = v >>> 16;
    bytes[to + 2] = v >>> 8;
    bytes[to + 3] = v;
  }
  return bytes.subarray(0, Math.floor(text.length * 4 / 5));
}

// inflated returns what was deflated.
async function inflated(bytes) {
  const stream = new DecompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  writer.write(bytes).then(() => writer.close()).catch(() => {}); // the other end says what is wrong
  return new Uint8Array(await new Response(stream.readable).arrayBuffer());
}

// join returns the float32 values with these exponents, and the rest: the mantissa and then
// the sign, 3 bytes each.
function join(exponents, rest) {
  const bits = new Uint32Array(exponents.length);
  for (let i = 0, at = 0; i < bits.length; i++, at += 3) {
    const mantissa = rest[at] << 16 | rest[at + 1] << 8 | rest[at + 2];
    bits[i] = exponents[i] << 23 | mantissa >>> 1 | mantissa << 31;
  }
  return new Float32Array(bits.buffer);
}

// readValues returns the values of two texts, count of them.
async function readValues(exponents, rest, count) {
  const first = await inflated(bytesOf(exponents));
  const second = bytesOf(rest);
  if (first.length !== count || second.length < 3 * count) throw new Error('The page is damaged: its values are not all there.');
  return join(first, second);
}

// openingOf returns values of which those are there that text has, all others being 0: what
// patches say of the classes at some positions, and what one of them says of all n classes.
function openingOf(text, patches, n, positions) {
  const given = new Float32Array(bytesOf(text).slice().buffer);
  const values = new Float32Array(patches * n);
  positions.forEach((c, k) => {
    for (let i = 0; i < patches; i++) values[i * n + c] = given[1 + k * patches + i];
  });
  values.set(given.subarray(given.length - n), given[0] * n);
  return values;
}

// nativeOf returns the numbers, within the grid, of the patches whose mean is the logit.
function nativeOf(grid) {
  const numbers = new Int32Array(grid.nativeRows * grid.nativeCols);
  for (let i = 0; i < numbers.length; i++) {
    const row = grid.first + grid.step * Math.floor(i / grid.nativeCols);
    const col = grid.first + grid.step * (i % grid.nativeCols);
    numbers[i] = row * grid.cols + col;
  }
  return numbers;
}

// numbersOf returns, for each of count patches, its number among the native ones, or -1.
function numbersOf(native, count) {
  const numbers = new Int32Array(count).fill(-1);
  native.forEach((patch, cell) => { numbers[patch] = cell; });
  return numbers;
}

// cellsOf returns the values of the native patches alone, n classes each, in float64.
function cellsOf(values, native, n) {
  if (native.length * n === values.length) return new Float64Array(values);
  const cells = new Float64Array(native.length * n);
  for (let i = 0; i < native.length; i++) cells.set(values.subarray(native[i] * n, (native[i] + 1) * n), i * n);
  return cells;
}
