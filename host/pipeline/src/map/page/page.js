'use strict';
// Shows a map. Everything that it says comes from the map as text; nothing of it becomes markup.

const map = JSON.parse(document.getElementById('map').textContent);
const nodes = new Map(map.nodes.map((node) => [node.id, node]));
const LAYERS = { code: 'Code', html: 'HTML', css: 'CSS', external: 'External', api: 'API' };
const COLORS = { code: '#3b7dd8', html: '#d9682b', css: '#8a5cd6', external: '#7d8791', api: '#2f9e6e' };
/** Boxes and lines that are drawn at once; of more lines, those of the chosen box are. */
const BOXES_MAX = 400;
const LINES_MAX = 400;
/** Elements and changes that are listed at once. */
const LISTED_MAX = 500;

const make = (tag, fields = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), fields);
  element.append(...children);
  return element;
};
const draw = (tag, attributes, text) => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
};
const $ = (id) => document.getElementById(id);

/** The layer of a node; elements and rules are shown by the cascade. */
function layerOf(node) {
  if (node.type === 'route') return 'api';
  if (node.type.endsWith('external') || node.type === 'external_resource') return 'external';
  if (node.type.startsWith('html_file') || node.type === 'page') return 'html';
  if (node.type === 'css_file') return 'css';
  if (['file', 'class', 'function', 'component', 'service', 'model'].includes(node.type)) return 'code';
  return null;
}

// ---------------------------------------------------------------- graph

const drawn = map.nodes.filter(layerOf);
const shown = new Set(Object.keys(LAYERS));
const opened = new Set(['']);
let selected = null;
const fileAt = new Map(drawn.filter((node) => ['file', 'html_file', 'css_file'].includes(node.type)).map((node) => [node.path, node]));
const folderOf = (node) => {
  if (layerOf(node) === 'external') return '(outside)';
  const parts = node.path.split('/');
  // What a file declares lies in the file.
  return ['class', 'function', 'component', 'route'].includes(node.type) ? node.path : parts.slice(0, -1).join('/');
};

/** The folder of each node that is open all the way, and otherwise the first one that is not. */
function boxes() {
  const found = new Map();
  const place = new Map();
  for (const node of drawn.filter((node) => shown.has(layerOf(node)))) {
    const parts = folderOf(node).split('/').filter(Boolean);
    let closed = null;
    for (let at = 1; at <= parts.length && !closed; at += 1) {
      const folder = parts.slice(0, at).join('/');
      if (!opened.has(folder)) closed = folder;
    }
    // A file stands for what it declares until it is opened.
    const own = fileAt.get(closed);
    if (own) closed = null;
    const key = closed === null ? (own ?? node).id : `folder ${closed}`;
    const box = found.get(key) ?? { key, folder: closed, node: closed === null ? own ?? node : null, count: 0, layers: {} };
    box.count += 1;
    box.layers[layerOf(node)] = (box.layers[layerOf(node)] ?? 0) + 1;
    found.set(key, box);
    place.set(node.id, key);
  }
  return { found, place };
}

/** Folders open while there is room for what is in them. */
function unfold() {
  for (;;) {
    const closed = [...boxes().found.values()].filter((box) => box.folder !== null && box.count <= 40);
    if (boxes().found.size + closed.length > 60 || closed.length === 0) return;
    closed.sort((one, other) => one.count - other.count || one.folder.localeCompare(other.folder));
    opened.add(closed[0].folder);
  }
}

function layout(found) {
  const columns = Object.keys(LAYERS).map((layer) => ({ layer, boxes: [] }));
  for (const box of found.values()) {
    const [layer] = Object.entries(box.layers).sort((one, other) => other[1] - one[1])[0];
    columns.find((column) => column.layer === layer).boxes.push(box);
  }
  let x = 24;
  let height = 0;
  for (const column of columns.filter((column) => column.boxes.length)) {
    const name = (box) => (box.folder ?? `${folderOf(box.node)}/${box.node.name}`);
    column.boxes.sort((one, other) => name(one).localeCompare(name(other)));
    // A long column goes on beside itself.
    const rows = Math.max(12, Math.ceil(Math.sqrt(column.boxes.length) * 2.2));
    column.x = x;
    column.boxes.forEach((box, at) => {
      box.x = x + Math.floor(at / rows) * 236;
      box.y = 44 + (at % rows) * 46;
      height = Math.max(height, box.y + 60);
    });
    x += Math.ceil(column.boxes.length / rows) * 236 + 60;
  }
  return { columns, width: x, height };
}

function graph() {
  let { found, place } = boxes();
  if (found.size > BOXES_MAX) found = new Map([...found].slice(0, BOXES_MAX));
  const { columns, width, height } = layout(found);
  const svg = draw('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img' });
  for (const column of columns.filter((column) => column.boxes.length)) {
    svg.append(draw('text', { x: column.x, y: 26, class: 'title' }, LAYERS[column.layer]));
  }
  const lines = new Map();
  for (const edge of map.edges) {
    const [from, to] = [found.get(place.get(edge.from)), found.get(place.get(edge.to))];
    if (from && to && from !== to) lines.set(`${from.key} ${to.key}`, [from, to]);
  }
  for (const [from, to] of lines.values()) {
    const forward = from.x < to.x;
    const [x1, x2] = from.x === to.x ? [from.x + 206, to.x + 206] : forward ? [from.x + 206, to.x] : [from.x, to.x + 206];
    const bend = from.x === to.x ? 40 : (x2 - x1) / 2;
    const [y1, y2] = [from.y + 17, to.y + 17];
    const lit = selected && (from.key === selected || to.key === selected);
    if (!lit && lines.size > LINES_MAX) continue;
    svg.append(draw('path', { d: `M${x1} ${y1} C${x1 + bend} ${y1} ${from.x === to.x ? x2 + bend : x2 - bend} ${y2} ${x2} ${y2}`, class: lit ? 'lit' : '' }));
  }
  for (const box of found.values()) {
    const group = draw('g', { class: `node${box.key === selected ? ' lit' : ''}`, transform: `translate(${box.x} ${box.y})`, tabindex: 0 });
    const [layer] = Object.entries(box.layers).sort((one, other) => other[1] - one[1])[0];
    const label = box.folder === null ? box.node.name : box.folder.split('/').slice(-2).join('/');
    group.append(draw('rect', { class: 'box', width: 206, height: 34, rx: 7 }), draw('circle', { class: `dot-${layer}`, cx: 16, cy: 17, r: 5 }));
    group.append(draw('text', { x: 30, y: 21 }, label.length > 24 ? `${label.slice(0, 23)}…` : label));
    const more = box.folder === null ? box.count - 1 : box.count;
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
    svg.append(group);
  }
  $('canvas').replaceChildren(svg);
}

/** What is said of a node, and what leads to it and away. */
function describe(node) {
  if (!node) { $('node').replaceChildren(make('p', { className: 'quiet', textContent: 'Nothing is chosen.' })); return; }
  const list = make('dl');
  const add = (name, value) => list.append(make('dt', { textContent: name }), make('dd', { textContent: value }));
  add('Name', node.name);
  add('Type', node.type);
  if (node.path) add('Place', `${node.path}${node.line ? `:${node.line}` : ''}`);
  for (const [name, value] of Object.entries(node.metadata)) add(name, typeof value === 'object' ? JSON.stringify(value) : String(value));
  const way = (from, to, title) => {
    const edges = map.edges.filter((edge) => edge[from] === node.id && layerOf(nodes.get(edge[to]) ?? { type: '' }));
    if (edges.length) add(title, edges.slice(0, 60).map((edge) => `${edge.type} ${nodes.get(edge[to]).name}`).join(', '));
  };
  way('from', 'to', 'Leads to');
  way('to', 'from', 'Is led to by');
  $('node').replaceChildren(list);
}

function layers() {
  $('layers').replaceChildren(...Object.entries(LAYERS).map(([layer, title]) => {
    const count = drawn.filter((node) => layerOf(node) === layer).length;
    const box = make('input', { type: 'checkbox', checked: shown.has(layer) });
    box.addEventListener('change', () => { if (box.checked) shown.add(layer); else shown.delete(layer); graph(); });
    const dot = make('i');
    dot.style.background = COLORS[layer];
    return make('label', { className: 'layer' }, box, dot, title, make('b', { textContent: count }));
  }));
}

// ---------------------------------------------------------------- tabs

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

$('summary').textContent = `${map.nodes.length.toLocaleString()} nodes, ${map.edges.length.toLocaleString()} edges, ${map.pages.length} pages${map.limits.partial ? `, partial: ${map.limits.hit.join(', ')}` : ''}`;
layers();
unfold();
graph();
open('graph');
