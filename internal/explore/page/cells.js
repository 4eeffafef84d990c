// What the page holds: the values of the patches, bit for bit as the program computed them.

// bytesOf returns what base64 text stands for.
function bytesOf(text) {
  const packed = atob(text);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = packed.charCodeAt(i);
  return bytes;
}

// join returns the float32 values of which planes has first the most significant bytes,
// then the next ones and so on; their sign is the last bit.
function join(planes) {
  const n = planes.length / 4;
  const bits = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const turned = planes[i] << 24 | planes[n + i] << 16 | planes[2 * n + i] << 8 | planes[3 * n + i];
    bits[i] = turned >>> 1 | turned << 31;
  }
  return new Float32Array(bits.buffer);
}

// readValues returns the values that text has, count of them.
async function readValues(text, count) {
  const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  const planes = new Uint8Array(await new Response(stream).arrayBuffer());
  if (planes.length !== 4 * count) throw new Error(`the page is damaged: it has ${planes.length} bytes of values, not ${4 * count}`);
  return join(planes);
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

// cellsOf returns the values of the native patches alone, n classes each, in float64.
function cellsOf(values, native, n) {
  const cells = new Float64Array(native.length * n);
  for (let i = 0; i < native.length; i++) cells.set(values.subarray(native[i] * n, (native[i] + 1) * n), i * n);
  return cells;
}
