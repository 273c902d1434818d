// This map beside another one.

/** What is there in one list and not in the other, and what is there in both and not the same. */
function compare(before, after) {
  const known = new Map(before.map((one) => [one.id, JSON.stringify(one)]));
  const ids = new Set(after.map((one) => one.id));
  return {
    removed: before.filter((one) => !ids.has(one.id)),
    added: after.filter((one) => !known.has(one.id)),
    changed: after.filter((one) => known.has(one.id) && known.get(one.id) !== JSON.stringify(one)),
  };
}

/** Of each element of a page by its id, and of each of its pseudo-elements: its class. */
function byElement(one) {
  const found = new Map();
  for (const group of one.classes) {
    for (const at of group.elements) found.set(`${one.elements[at]} ${group.pseudo ?? ''}`, group);
  }
  return found;
}

/** What can win a property, as a text. */
function told(one, lineage) {
  if (!lineage) return 'nothing';
  const values = winners(lineage, one, new Set()).map((at) => {
    const { when } = chain(lineage).find((item) => item.at === at);
    return `${one.declarations[at].value}${when.length ? ` where ${words(when)}` : ''}`;
  });
  return values.join(', ') || 'nothing';
}

/** Whose winners are others, for elements that both maps have: elements alike stand together. */
function changedWinners(other) {
  const rows = new Map();
  for (const after of map.pages) {
    const before = other.pages.find((one) => one.path === after.path);
    if (!before) continue;
    const [old, now] = [byElement(before), byElement(after)];
    const both = new Set(before.elements);
    const pairs = new Map();
    for (const key of new Set([...old.keys(), ...now.keys()])) {
      const [id, pseudo] = key.split(' ');
      if (!both.has(id) || !nodes.has(id)) continue;
      const [one, two] = [old.get(key), now.get(key)];
      const pair = `${one?.id} ${two?.id}`;
      const found = pairs.get(pair) ?? { one, two, pseudo, first: nodes.get(id), count: 0 };
      found.count += 1;
      pairs.set(pair, found);
    }
    for (const { one, two, pseudo, first, count } of pairs.values()) {
      for (const name of new Set([...Object.keys(one?.lineage ?? {}), ...Object.keys(two?.lineage ?? {})])) {
        const [was, is] = [told(before, one?.lineage[name]), told(after, two?.lineage[name])];
        if (was === is) continue;
        const key = `${after.path} ${name} ${was} ${is}`;
        const row = rows.get(key) ?? { path: after.path, label: `${first.name}${pseudo ? `::${pseudo}` : ''}`, name, was, is, count: 0 };
        row.count += count;
        rows.set(key, row);
      }
    }
  }
  return [...rows.values()];
}

function difference(other) {
  const parts = [];
  const rows = changedWinners(other);
  const total = rows.reduce((sum, row) => sum + row.count, 0).toLocaleString('en');
  parts.push(make('h2', { textContent: `Winners that are others: ${total}` }));
  const cell = (textContent) => make('td', { textContent });
  parts.push(make('table', {}, ...rows.slice(0, LISTED_MAX).map((row) => make('tr', {}, cell(row.path), cell(`${row.label}${row.count > 1 ? ` ×${row.count}` : ''}`), cell(row.name), cell(`${row.was} → ${row.is}`)))));
  const theirs = new Map(other.nodes.map((node) => [node.id, node]));
  const named = (id, all) => all.get(id)?.name ?? 'a group of elements';
  const name = (one, all) => (one.name ? `${one.type} ${one.name}${one.path ? ` (${one.path}:${one.line})` : ''}` : `${one.type} ${named(one.from, all)} → ${named(one.to, all)}`);
  for (const [kind, title] of [['nodes', 'Nodes'], ['edges', 'Edges']]) {
    const found = compare(other[kind], map[kind]);
    for (const [way, where] of [['added', 'only here'], ['removed', 'only there'], ['changed', 'not the same']]) {
      const all = way === 'removed' ? theirs : nodes;
      const list = found[way].slice(0, LISTED_MAX).map((one) => make('li', { textContent: name(one, all).replaceAll('_', ' ') }));
      if (found[way].length > LISTED_MAX) list.push(make('li', { className: 'quiet', textContent: `and ${found[way].length - LISTED_MAX} more` }));
      parts.push(make('h2', { textContent: `${title} ${where}: ${found[way].length}` }), make('ul', {}, ...list));
    }
  }
  $('differences').replaceChildren(...parts);
}

$('other').addEventListener('change', async () => {
  const [file] = $('other').files;
  if (!file) return;
  try {
    const other = JSON.parse(await file.text());
    if (other.schema !== map.schema) throw new Error('no map of this version');
    difference(other);
  } catch (error) {
    $('differences').replaceChildren(make('p', { className: 'quiet', textContent: `${file.name} is ${error instanceof SyntaxError ? 'no JSON' : error.message}.` }));
  }
});
