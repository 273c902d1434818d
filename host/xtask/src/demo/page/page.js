// Fills the page from `/data.json`. Every text that comes from a build is set as text.

import { draw, packageOf } from '/treemap.js';

const IMPORTS_SHOWN = 14;

const element = (name, text = '', className = '') => {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
};
const find = (id) => document.getElementById(id);

function size(bytes) {
  if (bytes === undefined || bytes === null) return ['–', ''];
  if (bytes >= 1 << 20) return [(bytes / (1 << 20)).toFixed(2), 'MB'];
  return [(bytes / 1024).toFixed(1), 'kB'];
}

function facts(build) {
  const { summary, report } = build;
  const [bytes, bytesUnit] = size(summary.bundle_bytes ?? summary.bytes);
  const [memory, memoryUnit] = size(summary.peak_memory_bytes);
  const wall = summary.wall_ms ?? build.wall_ms;
  return [
    ['modules', report.modules.length.toLocaleString('en'), ''],
    ['bundle', bytes, bytesUnit],
    ['time', (wall / 1000).toFixed(2), 's'],
    ['fuel', summary.fuel_used ? (summary.fuel_used / 1e9).toFixed(2) : '–', 'G'],
    ['memory', memory, memoryUnit],
    ['cache hits', (summary.cache_hits ?? 0).toLocaleString('en'), ''],
    ['zip', ...size(build.zip_bytes)],
    ['assets', (summary.assets ?? 0).toLocaleString('en'), ''],
  ];
}

function showBuild(build) {
  const card = element('article', '', 'build');
  const head = element('h3', build.platform === 'web' ? 'Web' : 'iOS');
  head.append(element('span', `${build.report.flavour} · ${build.report.entry}`));
  const list = element('dl', '', 'facts');
  for (const [name, value, unit] of facts(build)) {
    const row = element('div');
    const figure = element('dd', value);
    if (unit) figure.append(element('small', ` ${unit}`));
    row.append(element('dt', name), figure);
    list.append(row);
  }
  card.append(head, list);
  find('builds').append(card);
}

function showDownload(build) {
  const link = element('a', '', 'download');
  link.href = build.zip;
  link.download = 'bundle.zip';
  const [bytes, unit] = size(build.zip_bytes);
  link.append(element('b', `${build.platform === 'web' ? 'Web' : 'iOS'} bundle.zip`), element('span', `${bytes} ${unit}, signed`));
  find('downloads').append(link);
}

function tabs(id, builds, choose) {
  const buttons = builds.map((build) => {
    const button = element('button', build.platform === 'web' ? 'Web' : 'iOS');
    button.type = 'button';
    button.setAttribute('role', 'tab');
    button.addEventListener('click', () => select(build));
    find(id).append(button);
    return button;
  });
  function select(build) {
    buttons.forEach((button, index) => button.setAttribute('aria-selected', String(builds[index] === build)));
    choose(build);
  }
  select(builds[0]);
}

function showModules({ report }) {
  const byId = new Map(report.modules.map((module) => [module.id, module]));
  const importers = new Map();
  for (const module of report.modules) {
    for (const id of module.dependencies) importers.set(id, [...(importers.get(id) ?? []), module]);
  }
  const choose = (module) => {
    for (const rect of document.querySelectorAll('#treemap rect')) rect.classList.toggle('chosen', rect.dataset.id === String(module.id));
    const aside = find('module');
    aside.replaceChildren(
      element('h3', module.path),
      element('p', `${module.bytes.toLocaleString('en')} bytes in ${packageOf(module.path)}`),
      ...links('asked for by', importers.get(module.id) ?? [], choose),
      ...links('asks for', module.dependencies.map((id) => byId.get(id)).filter(Boolean), choose),
    );
  };
  draw(find('treemap'), report.modules, choose);
  const entry = report.modules.find((module) => module.path === report.entry) ?? report.modules[0];
  if (entry) choose(entry);
}

function links(title, modules, choose) {
  if (modules.length === 0) return [];
  const list = element('ul');
  for (const module of modules.slice(0, IMPORTS_SHOWN)) {
    const button = element('button', module.path.replace(/^.*node_modules\//, ''));
    button.type = 'button';
    button.addEventListener('click', () => choose(module));
    const row = element('li');
    row.append(button);
    list.append(row);
  }
  if (modules.length > IMPORTS_SHOWN) list.append(element('li', `and ${modules.length - IMPORTS_SHOWN} more`));
  return [element('h4', `${title} (${modules.length})`), list];
}

function showDevices(origin) {
  const frames = [...document.querySelectorAll('.screen')].map((screen) => {
    const frame = element('iframe');
    const { width, height } = screen.dataset;
    frame.width = width;
    frame.height = height;
    frame.title = 'Preview';
    // Scripts and nothing else: no origin, no forms, no windows, no way up.
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.style.transform = `scale(${screen.clientWidth / Number(width)})`;
    // A sandboxed frame has the origin `null`; it is known by its window.
    const shown = new Promise((resolve) =>
      addEventListener('message', ({ source, data }) => {
        if (source === frame.contentWindow && data === 'shown') resolve();
      }),
    );
    frame.src = `${origin}/`;
    screen.append(frame);
    return shown;
  });
  return Promise.all(frames);
}

const { app, frame, builds } = await (await fetch('/data.json')).json();
find('app').textContent = app;
builds.forEach(showDownload);
builds.forEach(showBuild);
tabs('report-tabs', builds, showModules);
tabs('log-tabs', builds, ({ log }) => {
  find('log').textContent = log || 'The build said nothing.';
});
addEventListener('resize', () => find('report-tabs').querySelector('[aria-selected="true"]')?.click());
await showDevices(frame);
document.body.dataset.frames = 'ready';
