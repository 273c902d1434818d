// Which declaration wins on an element, why the others lost, and what would change without a rule.

/** Pseudo-elements that any element may have. */
const PSEUDOS = ['before', 'after', 'marker', 'first-line', 'first-letter'];

const muted = new Set();
let page = null;
let element = null;

const ruleOf = (declaration) => nodes.get(declaration.rule);
const whereOf = (declaration, page) =>
  (declaration.inline ? `${page.path}:${declaration.line} style` : `${ruleOf(declaration).path}:${declaration.line}`);

/** What must hold, as people write it. */
function words(when) {
  return when.map((label) => {
    const [, kind, text] = /^(\w+):(.*)$/s.exec(label) ?? [null, '', label];
    if (kind === 'media') return text;
    if (kind === 'state') return `:${text}`;
    if (kind === 'rest') return `:${text} as it is at rest`;
    return `${kind} ${text}`;
  }).join(' and ');
}

/** Every declaration of a property, the strongest first: number, conditions, and why it lost. */
function chain(lineage) {
  return [
    ...(lineage.if ?? []).map(([at, when]) => ({ at, when })),
    ...(lineage.wins === undefined ? [] : [{ at: lineage.wins, when: [] }]),
    ...(lineage.lost ?? []).map((lost) => (Array.isArray(lost) ? { at: lost[0], why: lost[1], when: lost[2] ?? [] } : { at: lost, when: [] })),
  ];
}

/** What can win without the muted rules: the conditional ones, up to the first that always holds. */
function winners(lineage, page, without) {
  const left = chain(lineage).filter(({ at }) => !without.has(page.declarations[at].rule));
  const end = left.findIndex(({ when }) => when.length === 0);
  return (end < 0 ? left : left.slice(0, end + 1)).map(({ at }) => at);
}

function pages() {
  $('page').replaceChildren(...map.pages.map((page, at) => make('option', { value: at, textContent: page.path })));
  $('page').addEventListener('change', () => {
    page = map.pages[Number($('page').value)];
    element = null;
    elements();
    $('answer').replaceChildren(make('p', { className: 'quiet', textContent: 'Choose an element.' }));
  });
  $('filter').addEventListener('input', elements);
  page = map.pages[0] ?? null;
  if (page) elements();
  else $('answer').replaceChildren(make('p', { className: 'quiet', textContent: 'The map has no cascade; make it with --cia basic or deep.' }));
}

function elements() {
  const wanted = $('filter').value.trim().toLowerCase();
  const depth = new Map();
  const items = [];
  for (const [at, id] of page.elements.entries()) {
    const node = nodes.get(id);
    if (!node) continue;
    depth.set(id, (depth.get(node.metadata.parent) ?? -1) + 1);
    if (wanted && !node.name.toLowerCase().includes(wanted)) continue;
    if (items.length >= LISTED_MAX) {
      items.push(make('li', { className: 'quiet', textContent: 'and more; narrow it down above' }));
      break;
    }
    const item = make('li', { textContent: node.name, title: `${page.path}:${node.line}` });
    item.style.paddingLeft = `${Math.min(depth.get(id), 20) * 10 + 4}px`;
    item.setAttribute('aria-selected', String(at === element));
    item.addEventListener('click', () => { element = at; elements(); answer(); });
    items.push(item);
  }
  $('elements').replaceChildren(...items);
}

/** One declaration of a property. */
function entry({ at, when, why }, status) {
  const declaration = page.declarations[at];
  const rule = declaration.inline ? null : ruleOf(declaration);
  const marks = { wins: 'wins', sometimes: 'wins sometimes', lost: why ? `lost: ${why.replace('_', ' ')}` : 'lost', off: 'muted' };
  const line = make('div', { className: `entry ${status === 'off' ? 'lost' : status}` });
  line.append(
    make('span', { className: 'mark', textContent: marks[status] }),
    make('code', { className: 'value', textContent: `${declaration.shorthand ? `${declaration.shorthand}: ` : ''}${declaration.value}${declaration.important ? ' !important' : ''}` }),
    make('code', { className: 'quiet', textContent: rule ? rule.name : 'style attribute' }),
  );
  if (when.length) line.append(make('span', { className: 'quiet', textContent: `where ${words(when)}` }));
  const end = make('span', { className: 'end' }, make('span', { className: 'where', textContent: whereOf(declaration, page) }));
  if (rule) {
    const toggle = make('button', { className: 'mute', textContent: muted.has(rule.id) ? 'unmute' : 'mute' });
    toggle.addEventListener('click', () => {
      if (!muted.delete(rule.id)) muted.add(rule.id);
      answer();
      changes();
    });
    end.append(' ', toggle);
  }
  line.append(end);
  return line;
}

/** The classes of elements of a page by the places of the elements: one of its own, and of pseudo-elements. */
const classesOf = new Map();
function classes(page, element) {
  if (!classesOf.has(page)) {
    const places = new Map();
    for (const one of page.classes) {
      for (const at of one.elements) places.set(at, [...(places.get(at) ?? []), one]);
    }
    classesOf.set(page, places);
  }
  return classesOf.get(page).get(element) ?? [];
}

/** One property: every declaration of it, the strongest first. */
function property(name, lineage) {
  const winning = new Set(winners(lineage, page, muted));
  const box = make('div', { className: 'property' }, make('h3', { textContent: name }));
  for (const item of chain(lineage)) {
    const off = muted.has(page.declarations[item.at].rule);
    const status = off ? 'off' : !winning.has(item.at) ? 'lost' : item.when.length ? 'sometimes' : 'wins';
    box.append(entry(item, status));
  }
  if (lineage.cut) box.append(make('p', { className: 'quiet', textContent: 'There are more, which the map leaves out.' }));
  return box;
}

/** Properties of an element; the author's own names, of which there may be hundreds, are folded. */
function properties(title, all, where) {
  const parts = [];
  const boxes = (some) => some.map(([name, lineage]) => property(name, lineage));
  const [own, named] = [all.filter(([name]) => !name.startsWith('--')), all.filter(([name]) => name.startsWith('--'))];
  if (all.length) parts.push(make('h2', { className: 'what', textContent: title, title: where ?? '' }), ...boxes(own));
  if (named.length) parts.push(make('details', {}, make('summary', { textContent: counted(named.length, 'custom property', 'custom properties') }), ...boxes(named)));
  return parts;
}

/** What an element has from those around it: each property from the nearest that says anything of it. */
function inherited() {
  if (!page.inherits) return [];
  const wins = (lineage) => winners(lineage, page, muted).some((at) => chain(lineage).find((one) => one.at === at).when.length === 0);
  const has = new Set();
  const take = (lineages) => lineages.filter(([name, lineage]) => !has.has(name) && wins(lineage) && has.add(name));
  const own = (at) => classes(page, at).filter((one) => !one.pseudo).flatMap((one) => Object.entries(one.lineage));
  take(own(element));
  const known = new Set(page.inherits);
  const places = new Map(page.elements.map((id, at) => [id, at]));
  const parts = [];
  for (let id = nodes.get(page.elements[element]).metadata.parent; id; id = nodes.get(id)?.metadata.parent) {
    const from = take(own(places.get(id)).filter(([name]) => known.has(name)));
    parts.push(...properties(`Inherited from ${nodes.get(id).name}`, from, `${page.path}:${nodes.get(id).line}`));
  }
  return parts;
}

function answer() {
  const node = nodes.get(page.elements[element]);
  const parts = [make('p', { className: 'quiet', textContent: `${page.path}:${node.line}` })];
  // Those that only some kinds of elements have are folded: a rule for all of them means this one as well.
  const special = [];
  for (const one of classes(page, element)) {
    const into = one.pseudo && !PSEUDOS.includes(one.pseudo) ? special : parts;
    into.push(...properties(one.pseudo ? `::${one.pseudo}` : node.name, Object.entries(one.lineage)));
  }
  if (special.length) parts.push(make('details', {}, make('summary', { textContent: 'Other pseudo-elements' }), ...special));
  if (parts.length === 1) parts.push(make('p', { className: 'quiet', textContent: 'No rule means this element.' }));
  $('answer').replaceChildren(...parts, ...inherited());
}

/** Every winner of every page that the muted rules change. */
function changes() {
  $('muted').replaceChildren(...[...muted].map((id) => {
    const rule = nodes.get(id);
    const off = make('button', { className: 'mute', textContent: 'unmute' });
    off.addEventListener('click', () => { muted.delete(id); changes(); if (element !== null) answer(); });
    return make('li', {}, make('code', { textContent: rule.name }), make('span', { className: 'where', textContent: `${rule.path}:${rule.line}` }), off);
  }));
  const none = new Set();
  const rows = [];
  let total = 0;
  for (const one of map.pages) {
    for (const group of one.classes.filter((group) => group.matched.some(([rule]) => muted.has(rule)))) {
      for (const [name, lineage] of Object.entries(group.lineage)) {
        const [before, after] = [winners(lineage, one, none), winners(lineage, one, muted)];
        if (before.join() === after.join()) continue;
        total += group.elements.length;
        if (rows.length >= LISTED_MAX) continue;
        const values = (list) => list.map((at) => one.declarations[at].value).join(', ') || 'nothing';
        const label = `${nodes.get(one.elements[group.elements[0]]).name}${group.pseudo ? `::${group.pseudo}` : ''}`;
        rows.push(make('tr', {}, make('td', { textContent: `${label}${group.elements.length > 1 ? ` ×${group.elements.length}` : ''}` }), make('td', { textContent: name }), make('td', { textContent: `${values(before)} → ${values(after)}` })));
      }
    }
  }
  const left = rows.length < LISTED_MAX ? '' : ` The first ${LISTED_MAX} groups are listed.`;
  const told = muted.size ? `${counted(total, 'winner changes', 'winners change')}.${left}` : 'Nothing is muted.';
  $('changes').replaceChildren(make('p', { className: 'quiet', textContent: told }), make('table', {}, ...rows));
}
