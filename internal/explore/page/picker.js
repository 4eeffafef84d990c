// Fields in which a class is chosen by typing some of its name (the combobox of ARIA 1.2).

const mostListed = 60;

// matching returns the classes that a query may mean, by their positions: those whose name
// begins with it, then those that have it anywhere; all, the likeliest first, without one.
function matching(classes, logits, query) {
  const q = query.trim().toLowerCase();
  const order = largest(logits, classes.length);
  if (q === '') return order;
  const begins = [], has = [];
  for (const i of order) {
    const c = classes[i], names = c.label.toLowerCase();
    if (String(c.index) === q || c.id.toLowerCase() === q || names.split(/,\s*/).some(name => name.startsWith(q))) begins.push(i);
    else if (names.includes(q)) has.push(i);
  }
  return begins.concat(has);
}

// picker makes the field of one class; which is 'a' or 'b', which may be nothing.
function picker(which) {
  const input = $(`class-${which}`), list = $(`class-${which}-list`);
  let active = -1;
  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
    const at = shown[which];
    input.value = at < 0 ? '' : shortName(shown.image.classes[at]);
  };
  const choose = index => {
    showClass(which, index);
    close();
  };
  const option = (text, small, index) => element('li', {
    role: 'option', id: `class-${which}-${index}`, 'aria-selected': 'false', 'data-index': index,
    onpointerdown: event => { event.preventDefault(); choose(index); },
  }, text, element('small', {}, small));
  const open = query => {
    const {classes} = shown.image;
    const logits = Number.isNaN(shown.logits[0]) ? shown.whole : shown.logits;
    const found = matching(classes, logits, query);
    const options = found.slice(0, mostListed).map(i => option(classes[i].label, number(logits[i], 2), classes[i].index));
    if (which === 'b' && query === '') options.unshift(option('nothing', '', -1));
    if (options.length === 0) options.push(element('li', {role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false'}, 'no class of that name'));
    if (found.length > mostListed) options.push(element('li', {role: 'option', 'aria-disabled': 'true', 'aria-selected': 'false'}, `${found.length - mostListed} more: type some of the name`));
    list.replaceChildren(...options);
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    move(query === '' ? -1 : 0);
  };
  const choices = () => list.querySelectorAll('[data-index]');
  const move = to => {
    const all = choices();
    active = Math.max(-1, Math.min(all.length - 1, to));
    all.forEach((o, i) => o.setAttribute('aria-selected', String(i === active)));
    if (active < 0) return input.removeAttribute('aria-activedescendant');
    input.setAttribute('aria-activedescendant', all[active].id);
    all[active].scrollIntoView({block: 'nearest'});
  };
  input.addEventListener('focus', () => input.select());
  input.addEventListener('click', () => { if (list.hidden) open(''); });
  input.addEventListener('input', () => open(input.value));
  input.addEventListener('blur', close);
  input.addEventListener('keydown', event => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (list.hidden) open('');
      move(active + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter' && !list.hidden) {
      event.preventDefault();
      if (active >= 0) choose(Number(choices()[active].dataset.index));
      else if (which === 'b' && input.value.trim() === '') choose(-1);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      close();
    }
  });
  return close;
}
