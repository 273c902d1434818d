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

function difference(other) {
  const parts = [];
  const name = (one, all) => (one.name ? `${one.type} ${one.name}${one.path ? ` (${one.path}:${one.line})` : ''}` : `${one.type} ${all.get(one.from)?.name ?? one.from} → ${all.get(one.to)?.name ?? one.to}`);
  const theirs = new Map(other.nodes.map((node) => [node.id, node]));
  for (const [kind, title] of [['nodes', 'Nodes'], ['edges', 'Edges']]) {
    const found = compare(other[kind], map[kind]);
    for (const [way, words] of [['added', 'only here'], ['removed', 'only there'], ['changed', 'not the same']]) {
      parts.push(make('h2', { textContent: `${title} ${words}: ${found[way].length}` }));
      const all = way === 'removed' ? theirs : nodes;
      parts.push(make('ul', {}, ...found[way].slice(0, LISTED_MAX).map((one) => make('li', { textContent: name(one, all) }))));
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
