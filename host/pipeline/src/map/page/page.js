// The tabs, and what is shown first.

const TABS = { graph: 'Graph', cascade: 'Cascade', diff: 'Difference' };
function open(tab) {
  for (const name of Object.keys(TABS)) $(name).hidden = name !== tab;
  $('tabs').replaceChildren(...Object.entries(TABS).map(([name, title]) => {
    const button = make('button', { textContent: title });
    button.setAttribute('aria-pressed', String(name === tab));
    button.addEventListener('click', () => open(name));
    return button;
  }));
}

const partial = map.limits.partial ? `, partial: ${map.limits.hit.join(', ')}` : '';
$('summary').textContent = `${counted(map.nodes.length, 'node')}, ${counted(map.edges.length, 'edge')}, ${counted(map.pages.length, 'page')}${partial}`;
layers();
unfold();
graph();
pages();
const before = JSON.parse($('before').textContent);
if (before) difference(before);
open(before ? 'diff' : 'graph');
