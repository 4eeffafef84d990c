// Elements and words.

const $ = id => document.getElementById(id);

// element returns a new element with these attributes and children. Text is text: nothing
// of it becomes a tag.
function element(tag, attributes = {}, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) e.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) e.setAttribute(name, value === true ? '' : value);
  }
  e.append(...children);
  return e;
}

// shortName returns the first of a class's names.
const shortName = c => c.label.split(',')[0];

// number writes v with a real minus sign.
function number(v, digits = 3) {
  if (!Number.isFinite(v)) return '–';
  return v.toFixed(digits).replace(/^-(?=[0.]*$)/, '').replace('-', '−');
}

// signed writes v with its sign, whichever that is.
const signed = (v, digits = 2) => (v > 0 && Number(v.toFixed(digits)) > 0 ? '+' : '') + number(v, digits);

// percent writes a share from 0 to 1 so that what is neither 0 nor 1 does not look so.
function percent(p) {
  if (!Number.isFinite(p)) return '–';
  if (p > 0 && p < 0.0001) return '< 0.01 %';
  if (p < 1 && p > 0.9999) return '> 99.99 %';
  return `${(100 * p).toFixed(p > 0 && p < 0.001 ? 2 : 1)} %`;
}

// count is n with its noun.
const count = (n, noun, plural) => `${n} ${n === 1 ? noun : plural}`;

// sized gives a canvas a size in pixels of the page, and returns its context, in which a
// unit is such a pixel.
function sized(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const w = Math.round(width * ratio), h = Math.round(height * ratio);
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

// sheet returns a canvas that is not in the page.
function sheet(width, height) {
  return element('canvas', {width, height});
}

// ink returns a colour of the style sheet.
const ink = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// refill replaces what is in an element. What had the focus there has it again, if there is
// something of the same data-key.
function refill(parent, children) {
  const key = parent.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  parent.replaceChildren(...children);
  if (key !== undefined) Array.from(parent.querySelectorAll('[data-key]')).find(e => e.dataset.key === key)?.focus({preventScroll: true});
}

// bars fills a table with a row for each class: a button that shows the class, a bar as
// long as its probability, with a mark where it was before, and its logit.
function bars(table, rows, choose) {
  refill(table.tBodies[0], rows.map(r => {
    const bar = element('span', {class: 'track'}, element('span', {class: 'fill'}));
    bar.firstChild.style.width = `${100 * r.probability}%`;
    if (r.before !== undefined) {
      const mark = element('span', {class: 'mark', title: `before: ${percent(r.before)}`});
      mark.style.left = `${100 * r.before}%`;
      bar.append(mark);
    }
    const name = element('button', {class: 'name', 'data-key': r.class.index, title: r.class.label, 'aria-pressed': r.shown ? 'true' : 'false', onclick: () => choose(r.class)}, shortName(r.class));
    return element('tr', {class: r.first ? 'first' : null},
      element('th', {scope: 'row'}, name, bar),
      element('td', {}, percent(r.probability)),
      element('td', {class: 'logit'}, number(r.logit, 2)));
  }));
}
