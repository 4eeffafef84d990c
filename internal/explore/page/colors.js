// The program's colour maps: points of sRGB, evenly spaced from -1 to 1.

// colormap returns the points of the map of that name, which may end in _r: reversed.
function colormap(tables, name) {
  const backwards = name.endsWith('_r');
  const points = tables[backwards ? name.slice(0, -2) : name];
  if (!points) return null;
  const colors = points.map(hex => [0, 2, 4].map(i => parseInt(hex.slice(i, i + 2), 16)));
  return backwards ? colors.reverse() : colors;
}

// colorAt returns the colour of v, the end colours beyond -1 and 1.
function colorAt(colors, v) {
  const x = (Math.max(-1, Math.min(1, v)) + 1) / 2 * (colors.length - 1);
  const i = Math.min(Math.floor(x), colors.length - 2);
  const f = x - i;
  return colors[i].map((from, k) => Math.floor(from * (1 - f) + colors[i + 1][k] * f + 0.5));
}
