// What the patches that are left answer.

function drawAnswer() {
  const {image, logits, p, whole, wholeP} = shown;
  const now = best(logits), was = best(whole);
  const none = now < 0;
  const changed = !none && now !== was;
  $('verdict-class').textContent = none ? 'Nothing is left' : shortName(image.classes[now]);
  $('verdict-share').textContent = none ? '' : percent(p[now]);
  $('answer').classList.toggle('changed', changed);
  const before = `${shortName(image.classes[was])}, ${percent(wholeP[was])}`;
  $('verdict-note').textContent = none ? 'Without a patch there is no answer.'
    : changed ? `Changed. The whole picture is ${before}.`
      : state.erased.size ? `As before: the whole picture is ${before}.` : 'What the whole picture is taken for.';
  const rows = none ? largest(whole, 5) : largest(logits, 5);
  for (const c of [shown.a, shown.b, was]) if (c >= 0 && !rows.includes(c)) rows.push(c);
  bars($('likeliest'), rows.map(c => ({
    class: image.classes[c], probability: none ? 0 : p[c], logit: logits[c], before: state.erased.size ? wholeP[c] : undefined,
    shown: c === shown.a || c === shown.b, first: c === now,
  })), c => { showClass('a', c.index); });
  const among = image.classes.length < told.total;
  $('among').hidden = !among;
  if (among) {
    $('among').textContent = `Probabilities are among the ${image.classes.length} likeliest of ${told.total} classes. Among all of them, ${shortName(image.best)} has ${percent(image.share)}.`;
  }
  const cells = image.native.length;
  $('erased-text').textContent = state.erased.size ? `${state.erased.size} of ${cells} patches erased` : `None of ${cells} patches erased`;
  $('undo').disabled = image.past.length === 0;
  $('redo').disabled = image.future.length === 0;
  $('restore-all').disabled = state.erased.size === 0;
}

// announce says something to those who hear the page.
function announce(words) {
  $('live').textContent = words;
}

function announceAnswer() {
  const logits = meanLogits(shown.cells, shown.n, state.erased);
  const now = best(logits);
  announce(now < 0 ? 'No patch is left.'
    : `${count(state.erased.size, 'patch', 'patches')} erased. The answer is ${shortName(shown.image.classes[now])}, ${percent(probabilities(logits, told.oneOutput)[now])}.`);
}
