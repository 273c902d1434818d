'use strict';
// Shows a map. Everything that it says comes from the map as text; nothing of it becomes markup.

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
const counted = (count, one, many = `${one}s`) => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;

const map = JSON.parse($('map').textContent);
const nodes = new Map(map.nodes.map((node) => [node.id, node]));
const LAYERS = { code: 'Code', html: 'HTML', css: 'CSS', external: 'External', api: 'API', eventflow: 'EventFlow' };
const COLORS = { code: '#3b7dd8', html: '#d9682b', css: '#8a5cd6', external: '#7d8791', api: '#2f9e6e', eventflow: '#c2407c' };
/** Elements and changes that are listed at once. */
const LISTED_MAX = 500;

/** The layer of a node; elements and rules are shown by the cascade. */
function layerOf(node) {
  if (node.type === 'event') return 'eventflow';
  if (node.type === 'route') return 'api';
  if (node.type.endsWith('external') || node.type === 'external_resource') return 'external';
  if (node.type === 'html_file' || node.type === 'page') return 'html';
  if (node.type === 'css_file') return 'css';
  if (['file', 'class', 'function', 'component', 'service', 'model'].includes(node.type)) return 'code';
  return null;
}

// ---------------------------------------------------------------- what happens

const events = [];
/** Between two ids of nodes: the edges of the map, and those of events. */
const lines = map.edges.filter((edge) => !edge.metadata.events);

function happens(id, fields, from, to) {
  const node = { confidence: 1000, line: 0, path: '', ...fields, id: `event ${id}`, type: 'event' };
  events.push(node);
  nodes.set(node.id, node);
  for (const source of from) lines.push({ from: source, to: node.id, type: 'listens', metadata: {} });
  for (const target of to) lines.push({ from: node.id, to: target, type: 'handles', metadata: {} });
}

const fileAt = new Map(map.nodes.filter((node) => ['file', 'html_file', 'css_file'].includes(node.type)).map((node) => [node.path, node]));

/** Handlers that stand in attributes: their text is shown, and nobody reads what it would do. */
for (const node of map.nodes.filter((node) => node.type === 'html_element')) {
  const handlers = Object.entries(node.metadata.attrs).filter(([name]) => /^on[a-z]/.test(name));
  const page = fileAt.get(node.path);
  for (const [name, text] of handlers) {
    happens(`${node.id} ${name}`, { name, path: node.path, line: node.line, metadata: { element: node.name, handler: text } }, page ? [page.id] : [], []);
  }
}
/** What code names for an event. */
const followed = new Set();
for (const edge of map.edges.filter((edge) => edge.metadata.events)) {
  const from = nodes.get(edge.from);
  const metadata = { 'named by': from.name, 'handled by': nodes.get(edge.to).name };
  for (const name of edge.metadata.events) followed.add(`${edge.from} ${name}`);
  happens(edge.id, { name: edge.metadata.events.join(', '), path: from.path, line: edge.line, metadata }, [edge.from], [edge.to]);
}
/** What happens in a piece of code whose words do not tell what follows. */
for (const node of map.nodes.filter((node) => node.metadata.events)) {
  for (const name of node.metadata.events.filter((name) => !followed.has(`${node.id} ${name}`))) {
    const metadata = { 'named by': node.name, note: 'What follows is not told by the words of the project alone.' };
    happens(`${node.id} ${name}`, { name, path: node.path, line: node.line, metadata }, [node.id], []);
  }
}
/** What people did in previews; where they went is a route, if the project has one of this name. */
for (const [at, did] of JSON.parse($('eventflow').textContent).entries()) {
  const routes = did.route === null ? [] : map.nodes.filter((node) => node.type === 'route' && node.name === did.route);
  const name = `${did.kind}${did.route === null ? '' : ` ${did.route}`} ×${did.times}`;
  happens(`preview ${at}`, { name, metadata: { 'in previews': counted(did.times, 'time') } }, [], routes.map((node) => node.id));
}

const drawn = [...map.nodes.filter(layerOf), ...events];
