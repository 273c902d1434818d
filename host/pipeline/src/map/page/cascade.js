// Which declaration wins on an element, why the others lost, and what would change without a rule.

const muted = new Set();
let page = null;
let element = null;

const ruleOf = (declaration) => nodes.get(declaration.rule);
const whereOf = (declaration, page) =>
  (declaration.inline ? `${page.path}:${declaration.line} style` : `${ruleOf(declaration).path}:${declaration.line}`);

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
  $('page').addEventListener('change', () => { page = map.pages[Number($('page').value)]; elements(); });
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
  const words = { wins: 'wins', sometimes: 'wins sometimes', lost: why ? `lost: ${why.replace('_', ' ')}` : 'lost', off: 'muted' };
  const line = make('div', { className: `entry ${status === 'off' ? 'lost' : status}` });
  line.append(
    make('span', { className: 'mark', textContent: words[status] }),
    make('code', { className: 'value', textContent: `${declaration.value}${declaration.important ? ' !important' : ''}` }),
    make('code', { className: 'quiet', textContent: rule ? rule.name : 'style attribute' }),
  );
  if (when.length) line.append(make('span', { className: 'quiet', textContent: `where ${when.join(' and ')}` }));
  line.append(make('span', { className: 'where', textContent: whereOf(declaration, page) }));
  if (rule) {
    const toggle = make('button', { className: 'mute', textContent: muted.has(rule.id) ? 'unmute' : 'mute' });
    toggle.addEventListener('click', () => {
      if (!muted.delete(rule.id)) muted.add(rule.id);
      answer();
      changes();
    });
    line.append(toggle);
  }
  return line;
}

function answer() {
  const parts = [];
  for (const one of page.classes.filter((one) => one.elements.includes(element))) {
    parts.push(make('h2', { textContent: one.pseudo ? `::${one.pseudo}` : nodes.get(page.elements[element]).name }));
    for (const [name, lineage] of Object.entries(one.lineage)) {
      const winning = new Set(winners(lineage, page, muted));
      const box = make('div', { className: 'property' }, make('h3', { textContent: name }));
      for (const item of chain(lineage)) {
        const off = muted.has(page.declarations[item.at].rule);
        const status = off ? 'off' : !winning.has(item.at) ? 'lost' : item.when.length ? 'sometimes' : 'wins';
        box.append(entry(item, status));
      }
      parts.push(box);
    }
  }
  if (!parts.length) parts.push(make('p', { className: 'quiet', textContent: 'No rule means this element.' }));
  $('answer').replaceChildren(...parts);
}

/** Every winner of every page that the muted rules change. */
function changes() {
  $('muted').replaceChildren(...[...muted].map((id) => {
    const rule = nodes.get(id);
    const off = make('button', { className: 'mute', textContent: 'unmute' });
    off.addEventListener('click', () => { muted.delete(id); changes(); if (element !== null) answer(); });
    return make('li', {}, make('code', { textContent: `${rule.name} ${rule.path}:${rule.line}` }), off);
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
  const words = muted.size ? `${total.toLocaleString()} winners change.` : 'Nothing is muted.';
  $('changes').replaceChildren(make('p', { className: 'quiet', textContent: words }), make('table', {}, ...rows));
}

pages();
