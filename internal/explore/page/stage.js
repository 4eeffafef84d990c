// The picture and the map: where they are, and how they are drawn.

// stage is the picture's place: the size of the canvas, and pixels of the page for one of
// the picture when all of it is shown.
const stage = {width: 0, height: 0, fit: 1};

// layStage gives the canvas the width there is, and the height that the picture has then
// but not more than the window has room for.
function layStage(image) {
  const width = $('stage').clientWidth;
  const most = Math.max(260, window.innerHeight - 340);
  stage.width = width;
  stage.height = Math.round(Math.min(width * image.height / image.width, most));
  stage.fit = Math.min(width / image.width, stage.height / image.height);
}

// transform returns how pixels of the picture become pixels of the canvas: times scale,
// then moved.
function transform() {
  const {width, height} = shown.image;
  const scale = stage.fit * state.zoom;
  const x = state.x ?? width / 2, y = state.y ?? height / 2;
  return {scale, left: stage.width / 2 - x * scale, top: stage.height / 2 - y * scale};
}

// zoomTo changes the zoom; the pixel of the picture at x, y of the canvas stays where it is.
function zoomTo(zoom, x = stage.width / 2, y = stage.height / 2) {
  const before = transform();
  const at = {x: (x - before.left) / before.scale, y: (y - before.top) / before.scale};
  state.zoom = Math.max(1, Math.min(mostZoom, zoom));
  const scale = stage.fit * state.zoom;
  lookAt(at.x + (stage.width / 2 - x) / scale, at.y + (stage.height / 2 - y) / scale);
}

// lookAt puts a pixel of the picture in the middle, as far as the picture fills the canvas.
function lookAt(x, y) {
  const {width, height} = shown.image;
  const scale = stage.fit * state.zoom;
  const within = (v, size, room) => room >= size ? size / 2 : Math.max(room / 2, Math.min(size - room / 2, v));
  state.x = within(x, width, stage.width / scale);
  state.y = within(y, height, stage.height / scale);
  if (state.zoom === 1) [state.x, state.y] = [null, null];
}

// rectOf returns the pixels that a patch sees; it may reach beyond the picture.
function rectOf(grid, patch) {
  const corner = grid.origin - (grid.patch - 1) / 2;
  return {x: corner + patch % grid.cols * grid.stride, y: corner + Math.floor(patch / grid.cols) * grid.stride, side: grid.patch};
}

// counts says whether a patch is no border: it does not reach beyond the picture, or patches of
// the native grid do so too.
function counts({grid, width, height}, patch) {
  const inside = r => r.x >= 0 && r.y >= 0 && r.x + r.side <= width && r.y + r.side <= height;
  return inside(rectOf(grid, patch)) || !inside(rectOf(grid, grid.first * grid.cols + grid.first));
}

// nearestOf returns the row and column of the value that colours a pixel, in a grid of
// rows x cols.
function nearestOf(x, y, origin, stride, rows, cols) {
  const along = (v, n) => Math.max(0, Math.min(n - 1, Math.floor((v - origin + Math.floor(stride / 2)) / stride)));
  return {row: along(y, rows), col: along(x, cols)};
}

// patchAt returns the patch that colours a pixel of the picture.
function patchAt(x, y) {
  const g = shown.image.grid;
  const {row, col} = nearestOf(x, y, g.origin, g.stride, g.rows, g.cols);
  return row * g.cols + col;
}

// cellGrid is the native grid: where its first patch is centred, and how far they are apart.
function cellGrid(grid) {
  return {origin: grid.origin + grid.first * grid.stride, stride: grid.step * grid.stride, rows: grid.nativeRows, cols: grid.nativeCols};
}

// drawMap returns the map's colours, a pixel for each patch.
function drawMap(s) {
  const {rows, cols} = s.image.grid;
  const map = sheet(cols, rows);
  const context = map.getContext('2d');
  const pixels = context.createImageData(cols, rows);
  const least = state.threshold * s.scale;
  for (let i = 0; i < s.layer.length; i++) {
    if (Math.abs(s.layer[i]) < least) continue;
    pixels.data.set(colorAt(s.colors, s.layer[i] / s.scale), 4 * i);
    pixels.data[4 * i + 3] = 255;
  }
  context.putImageData(pixels, 0, 0);
  return map;
}

// greyOf returns the picture without its colours.
function greyOf(picture) {
  const grey = sheet(picture.width, picture.height);
  const context = grey.getContext('2d');
  context.drawImage(picture, 0, 0);
  context.globalCompositeOperation = 'saturation';
  context.fillStyle = '#808080';
  context.fillRect(0, 0, grey.width, grey.height);
  return grey;
}

// hatch returns a pattern for what is erased.
function hatch(context) {
  const tile = sheet(8, 8);
  const t = tile.getContext('2d');
  t.strokeStyle = ink('--hatch');
  t.lineWidth = 1.2;
  t.beginPath();
  for (const x of [-4, 4, 12]) { t.moveTo(x - 6, 10); t.lineTo(x + 6, -2); }
  t.stroke();
  return context.createPattern(tile, 'repeat');
}

// drawStage draws the picture, the map, what is erased, and the outlines of patches.
function drawStage() {
  const {image} = shown;
  const g = image.grid;
  const context = sized($('canvas'), stage.width, stage.height);
  const {scale, left, top} = transform();
  const draw = (what, x, y, width, height) => context.drawImage(what, left + x * scale, top + y * scale, width * scale, height * scale);
  context.fillStyle = ink('--stage');
  context.fillRect(0, 0, stage.width, stage.height);
  context.save();
  context.beginPath();
  context.rect(left, top, image.width * scale, image.height * scale);
  context.clip();
  context.imageSmoothingEnabled = scale < 6;
  context.imageSmoothingQuality = 'high';
  if (image.picture && state.view !== 'map') draw(state.view === 'overlay' ? image.grey : image.picture, 0, 0, image.width, image.height);
  if (state.view !== 'picture') {
    context.imageSmoothingEnabled = false;
    context.globalAlpha = state.view === 'map' ? 1 : state.opacity;
    const corner = g.origin - Math.floor(g.stride / 2);
    draw(shown.map, corner, corner, g.cols * g.stride, g.rows * g.stride);
    context.globalAlpha = 1;
  }
  if (state.erased.size > 0) {
    const c = cellGrid(g);
    const corner = c.origin - Math.floor(c.stride / 2);
    context.beginPath();
    for (const i of state.erased) {
      const row = Math.floor(i / c.cols), col = i % c.cols;
      context.rect(left + (corner + col * c.stride) * scale, top + (corner + row * c.stride) * scale, c.stride * scale, c.stride * scale);
    }
    context.fillStyle = ink('--erased');
    context.fill();
    context.fillStyle = hatch(context);
    context.fill();
  }
  context.restore();
  state.pins.forEach((patch, i) => outline(context, rectOf(g, patch), ink(`--pin-${i + 1}`), String(i + 1)));
  outline(context, rectOf(g, shown.patch), ink('--cursor'), '');
  moveTip();
}

// outline draws the border of a patch, and its mark.
function outline(context, rect, color, mark) {
  const {scale, left, top} = transform();
  const x = left + rect.x * scale, y = top + rect.y * scale, side = rect.side * scale;
  context.lineJoin = 'round';
  context.strokeStyle = ink('--halo');
  context.lineWidth = 5;
  context.strokeRect(x, y, side, side);
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.strokeRect(x, y, side, side);
  if (!mark) return;
  context.fillStyle = color;
  context.fillRect(x - 1, y - 1, 17, 17);
  context.fillStyle = ink('--halo');
  context.font = 'bold 12px system-ui, sans-serif';
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(mark, x + 7.5, y + 8);
}

// moveTip writes the value beside the patch under the pointer.
function moveTip() {
  const tip = $('tip');
  tip.hidden = hover === null;
  if (hover === null) return;
  const {scale, left, top} = transform();
  const r = rectOf(shown.image.grid, hover);
  tip.textContent = signed(shown.layer[hover]);
  const x = left + (r.x + r.side) * scale + 8, y = top + r.y * scale;
  const beside = x + tip.offsetWidth < stage.width ? x : left + r.x * scale - 8 - tip.offsetWidth;
  tip.style.transform = `translate(${Math.max(2, Math.min(stage.width - tip.offsetWidth - 2, beside))}px, ${Math.max(2, Math.min(stage.height - tip.offsetHeight - 2, y))}px)`;
}

// drawRamp draws the colours and what they stand for.
function drawRamp() {
  const width = Math.max(60, $('ramp').parentNode.clientWidth), height = 14;
  const context = sized($('ramp'), width, height);
  for (let x = 0; x < width; x++) {
    const v = 2 * (x + 0.5) / width - 1;
    const [r, g, b] = colorAt(shown.colors, v);
    context.fillStyle = Math.abs(v) < state.threshold ? ink('--stage') : `rgb(${r}, ${g}, ${b})`;
    context.fillRect(x, 0, 1, height);
  }
  $('ramp-low').textContent = `${number(-shown.scale, 2)} against`;
  $('ramp-high').textContent = `for ${signed(shown.scale)}`;
}
