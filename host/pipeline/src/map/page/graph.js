// The graph: a box for each folder that is closed and each node of one that is open.

/** Boxes and lines that are drawn at once; of more lines, those of the chosen box are. */
const BOXES_MAX = 400;
const LINES_MAX = 400;
/** Boxes that folders are opened for at the beginning, and nodes of a folder that is. */
const OPENED_BOXES_MAX = 60;
const OPENED_NODES_MAX = 40;
const BOX = { width: 206, height: 34, right: 236, below: 46, top: 44 };

const shown = new Set(Object.keys(LAYERS));
const opened = new Set();
let selected = null;

/** Where a node lies. What is in no folder has one of its own, in brackets. */
function folderOf(node) {
  const layer = layerOf(node);
  if (layer === 'external') return '(outside)';
  if (layer === 'api') return `(routes)/${node.path}`;
  if (layer === 'eventflow') return node.path ? `(events)/${node.path}` : '(events)/(previews)';
  // What a file declares lies in the file.
  return ['class', 'function', 'component'].includes(node.type) ? node.path : node.path.split('/').slice(0, -1).join('/');
}
const nameOf = (folder) => folder.split('/').slice(-2).map((part) => part.replace(/^\((.*)\)$/, '$1')).join('/');

/** The folder of each node that is open all the way, and otherwise the first one that is not. */
function boxes() {
  const found = new Map();
  const place = new Map();
  for (const node of drawn.filter((node) => shown.has(layerOf(node)))) {
    const parts = folderOf(node).split('/').filter(Boolean);
    let closed = null;
    for (let at = 1; at <= parts.length && closed === null; at += 1) {
      const folder = parts.slice(0, at).join('/');
      if (!opened.has(folder)) closed = folder;
    }
    // A file stands for what it declares until it is opened.
    const file = fileAt.get(closed);
    const own = file && shown.has(layerOf(file)) ? file : null;
    const lone = closed === null ? node : own;
    const key = lone ? lone.id : `folder ${closed}`;
    const box = found.get(key) ?? { key, folder: lone ? null : closed, node: lone, count: 0, layers: {} };
    box.count += 1;
    box.layers[layerOf(node)] = (box.layers[layerOf(node)] ?? 0) + 1;
    found.set(key, box);
    place.set(node.id, key);
  }
  for (const box of found.values()) {
    const [most] = Object.entries(box.layers).sort((one, other) => other[1] - one[1]);
    box.layer = box.node ? layerOf(box.node) : most[0];
  }
  return { found, place };
}

/** Folders open while there is room for what is in them. */
function unfold() {
  for (;;) {
    const all = [...boxes().found.values()];
    const closed = all.filter((box) => box.folder !== null && box.count <= OPENED_NODES_MAX);
    closed.sort((one, other) => one.count - other.count || one.folder.localeCompare(other.folder));
    if (closed.length === 0 || all.length - 1 + closed[0].count > OPENED_BOXES_MAX) return;
    opened.add(closed[0].folder);
  }
}

function layout(found) {
  const columns = Object.keys(LAYERS).map((layer) => ({ layer, boxes: [] }));
  for (const box of found.values()) columns.find((column) => column.layer === box.layer).boxes.push(box);
  let x = 24;
  let height = 0;
  const name = (box) => box.folder ?? `${folderOf(box.node)}/${box.node.name}`;
  for (const column of columns.filter((column) => column.boxes.length)) {
    column.boxes.sort((one, other) => name(one).localeCompare(name(other)));
    // A long column goes on beside itself.
    const rows = Math.max(12, Math.ceil(Math.sqrt(column.boxes.length) * 2.2));
    column.x = x;
    column.boxes.forEach((box, at) => {
      box.x = x + Math.floor(at / rows) * BOX.right;
      box.y = BOX.top + (at % rows) * BOX.below;
      height = Math.max(height, box.y + 60);
    });
    x += Math.ceil(column.boxes.length / rows) * BOX.right + 60;
  }
  return { columns, width: x, height };
}

function line(from, to, kind) {
  const [left, right] = [(box) => box.x, (box) => box.x + BOX.width];
  const same = from.x === to.x;
  const [x1, x2] = same ? [right(from), right(to)] : from.x < to.x ? [right(from), left(to)] : [left(from), right(to)];
  const bend = same ? 40 : (x2 - x1) / 2;
  const [y1, y2] = [from.y + BOX.height / 2, to.y + BOX.height / 2];
  // Over the boxes of another column it goes between their rows.
  const [step, row] = [Math.sign(x2 - x1) * 20, y1 + BOX.below / 2];
  const d = same || Math.abs(x2 - x1) < 100
    ? `M${x1} ${y1} C${x1 + bend} ${y1} ${same ? x2 + bend : x2 - bend} ${y2} ${x2} ${y2}`
    : `M${x1} ${y1} C${x1 + step} ${y1} ${x1} ${row} ${x1 + step} ${row} L${x2 - 2 * step} ${row} C${x2 - step} ${row} ${x2 - 2 * step} ${y2} ${x2} ${y2}`;
  const path = draw('path', { d, class: kind });
  if (kind.includes('lit')) path.setAttribute('marker-end', 'url(#arrow)');
  return path;
}

/** What a box is called; files of one name, by their folders as well. */
function labelOf(box, alike) {
  if (box.folder !== null) return nameOf(box.folder);
  return alike.get(box.node.name) > 1 && box.node.path.endsWith(`/${box.node.name}`) ? nameOf(box.node.path) : box.node.name;
}

function drawBox(box, label, lit) {
  const group = draw('g', { class: `node${box.key === selected ? ' lit' : lit ? ' near' : ''}`, transform: `translate(${box.x} ${box.y})`, tabindex: 0 });
  group.append(draw('rect', { class: `box${box.folder === null ? '' : ' folder'}`, width: BOX.width, height: BOX.height, rx: 7 }));
  group.append(draw('circle', { fill: COLORS[box.layer], cx: 16, cy: 17, r: 5 }));
  const more = box.folder === null ? box.count - 1 : box.count;
  const room = more ? 21 : 25;
  group.append(draw('text', { x: 30, y: 21 }, label.length > room ? `${label.slice(0, room - 1)}…` : label));
  if (more) group.append(draw('text', { x: 196, y: 21, 'text-anchor': 'end', class: 'count' }, `+${more}`));
  group.append(draw('title', {}, box.folder ?? `${box.node.path || box.node.metadata.url || ''} ${box.node.name}`));
  const choose = () => {
    if (box.folder !== null) opened.add(box.folder);
    else {
      if (more) opened.add(box.node.path);
      selected = selected === box.key ? null : box.key;
      describe(selected ? box.node : null);
    }
    graph();
  };
  group.addEventListener('click', choose);
  group.addEventListener('keydown', (event) => { if (event.key === 'Enter') choose(); });
  return group;
}

function graph() {
  const { found: all, place } = boxes();
  const found = new Map([...all].slice(0, BOXES_MAX));
  const { columns, width, height } = layout(found);
  const svg = draw('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', class: found.has(selected) ? 'chosen' : '' });
  const arrow = draw('marker', { id: 'arrow', viewBox: '0 0 8 8', refX: 8, refY: 4, markerWidth: 5, markerHeight: 5, orient: 'auto' });
  arrow.append(draw('path', { d: 'M0 0 L8 4 L0 8 z', class: 'head' }));
  svg.append(arrow);
  for (const column of columns.filter((column) => column.boxes.length)) {
    svg.append(draw('text', { x: column.x, y: 26, class: 'title' }, LAYERS[column.layer]));
  }
  const between = new Map();
  for (const edge of lines) {
    const [from, to] = [found.get(place.get(edge.from)), found.get(place.get(edge.to))];
    if (from && to && from !== to) between.set(`${from.key} ${to.key}`, [from, to]);
  }
  const near = new Set();
  for (const [from, to] of between.values()) {
    const lit = selected !== null && (from.key === selected || to.key === selected);
    if (lit) near.add(from.key).add(to.key);
    if (!lit && between.size > LINES_MAX) continue;
    const kind = from.layer === 'eventflow' || to.layer === 'eventflow' ? 'event' : '';
    svg.append(line(from, to, `${kind}${lit ? ' lit' : ''}`));
  }
  const alike = new Map();
  for (const { node } of found.values()) if (node) alike.set(node.name, (alike.get(node.name) ?? 0) + 1);
  for (const box of found.values()) svg.append(drawBox(box, labelOf(box, alike), near.has(box.key)));
  const left = [];
  if (all.size > found.size) left.push(`${counted(all.size - found.size, 'box is', 'boxes are')} not drawn: close folders or switch layers off.`);
  if (between.size > LINES_MAX) left.push(`${counted(between.size, 'line')} lead from box to box; those of a box are drawn when it is chosen.`);
  const words = left.map((textContent) => make('p', { className: 'quiet note', textContent }));
  if (!found.size) words.push(make('p', { className: 'quiet note', textContent: 'No node of these layers is in the map.' }));
  $('canvas').replaceChildren(...words, svg);
  $('fold').hidden = opened.size === 0;
}

/** What is said of a node, and what leads to it and away. */
function describe(node) {
  if (!node) { $('node').replaceChildren(make('p', { className: 'quiet', textContent: 'Nothing is chosen.' })); return; }
  const list = make('dl');
  const add = (name, ...value) => list.append(make('dt', { textContent: name }), make('dd', {}, ...value));
  add('Name', node.name);
  add('Type', node.type.replace('_', ' '));
  if (node.path) add('Place', `${node.path}${node.line ? `:${node.line}` : ''}`);
  for (const [name, value] of Object.entries(node.metadata)) {
    add(name[0].toUpperCase() + name.slice(1), typeof value === 'object' ? JSON.stringify(value) : value.toLocaleString('en'));
  }
  if (node.metadata.handler !== undefined) add('Note', 'What the handler does is not read: it is text to this map.');
  const way = (from, to, title) => {
    const edges = lines.filter((edge) => edge[from] === node.id && layerOf(nodes.get(edge[to]) ?? { type: '' }));
    const item = (edge) => make('li', {}, make('span', { className: 'quiet', textContent: `${edge.type.replaceAll('_', ' ')} ` }), nodes.get(edge[to]).name);
    if (!edges.length) return;
    const items = edges.slice(0, 60).map(item);
    if (edges.length > 60) items.push(make('li', { className: 'quiet', textContent: `and ${edges.length - 60} more` }));
    add(`${title} (${edges.length})`, make('ul', {}, ...items));
  };
  way('from', 'to', 'Leads to');
  way('to', 'from', 'Is led to by');
  const folder = layerOf(node) ? folderOf(node) : '';
  if (folder && opened.has(folder)) {
    const fold = make('button', { className: 'mute', textContent: `Close ${nameOf(folder)}` });
    fold.addEventListener('click', () => { opened.delete(folder); selected = null; describe(null); graph(); });
    list.append(fold);
  }
  $('node').replaceChildren(list);
}

function layers() {
  $('layers').replaceChildren(...Object.entries(LAYERS).map(([layer, title]) => {
    const count = drawn.filter((node) => layerOf(node) === layer).length;
    const box = make('input', { type: 'checkbox', checked: shown.has(layer), disabled: count === 0 });
    box.addEventListener('change', () => { if (box.checked) shown.add(layer); else shown.delete(layer); graph(); });
    const dot = make('i');
    dot.style.background = COLORS[layer];
    return make('label', { className: `layer${count ? '' : ' quiet'}` }, box, dot, title, make('b', { textContent: count.toLocaleString('en') }));
  }));
  $('fold').addEventListener('click', () => { opened.clear(); selected = null; describe(null); graph(); });
}
