// A squarified treemap: areas are bytes, groups are packages.

const COLOURS = ['#f3c969', '#dfc9a0', '#c9d7a9', '#f0b489', '#b9cfd6', '#d9b8cf', '#e8d98a', '#bcc9b4', '#e3a88f', '#c7bfe0'];
const SVG = 'http://www.w3.org/2000/svg';

/** The package a module belongs to, or the app itself. */
export function packageOf(path) {
  const parts = path.split('/');
  const at = parts.lastIndexOf('node_modules');
  if (path.startsWith('virtual:') || path.startsWith('\0')) return 'virtual';
  if (at < 0) return 'this app';
  const name = parts[at + 1] ?? '';
  return name.startsWith('@') ? `${name}/${parts[at + 2] ?? ''}` : name;
}

/** Draws `modules` into `svg`; `choose` is called with the module that is clicked. */
export function draw(svg, modules, choose) {
  svg.replaceChildren();
  const box = svg.getBoundingClientRect();
  svg.setAttribute('viewBox', `0 0 ${box.width} ${box.height}`);
  const groups = Map.groupBy(modules, (module) => packageOf(module.path));
  const packages = [...groups].map(([name, members]) => ({
    name,
    members: members.map((module) => ({ module, size: Math.max(module.bytes, 1) })).sort((a, b) => b.size - a.size),
    size: members.reduce((sum, module) => sum + Math.max(module.bytes, 1), 0),
  }));
  packages.sort((a, b) => b.size - a.size);
  const placed = squarify(packages, { x: 0, y: 0, width: box.width, height: box.height });
  placed.forEach(({ item, x, y, width, height }, index) => {
    const colour = item.name === 'this app' ? '#e9a820' : COLOURS[index % COLOURS.length];
    for (const cell of squarify(item.members, { x, y, width, height })) {
      svg.append(rectangle(cell, colour, choose));
    }
    if (width > 70 && height > 22) svg.append(label(item.name, x, y, width));
  });
}

function rectangle({ item, x, y, width, height }, colour, choose) {
  const rect = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ x, y, width, height, fill: colour })) rect.setAttribute(name, value);
  rect.dataset.id = item.module.id;
  const title = document.createElementNS(SVG, 'title');
  title.textContent = `${item.module.path}\n${item.module.bytes.toLocaleString('en')} bytes`;
  rect.append(title);
  rect.addEventListener('click', () => choose(item.module));
  return rect;
}

function label(name, x, y, width) {
  const text = document.createElementNS(SVG, 'text');
  text.setAttribute('x', x + 7);
  text.setAttribute('y', y + 17);
  const letters = Math.floor((width - 12) / 7);
  text.textContent = name.length > letters ? `${name.slice(0, Math.max(letters - 1, 1))}…` : name;
  return text;
}

/** Rows of rectangles that stay as square as they can; `items` are sorted, largest first. */
export function squarify(items, area) {
  const total = items.reduce((sum, item) => sum + item.size, 0);
  const scale = total > 0 ? (area.width * area.height) / total : 0;
  const placed = [];
  let free = { ...area };
  let row = [];
  const worst = (members, side) => {
    const sum = members.reduce((all, item) => all + item.size * scale, 0);
    const largest = members[0].size * scale;
    const smallest = members[members.length - 1].size * scale;
    return Math.max((side * side * largest) / (sum * sum), (sum * sum) / (side * side * smallest));
  };
  const flush = () => {
    const sum = row.reduce((all, item) => all + item.size * scale, 0);
    const across = free.width >= free.height;
    const thickness = across ? sum / free.height : sum / free.width;
    let offset = 0;
    for (const item of row) {
      const length = (item.size * scale) / thickness;
      placed.push(
        across
          ? { item, x: free.x, y: free.y + offset, width: thickness, height: length }
          : { item, x: free.x + offset, y: free.y, width: length, height: thickness },
      );
      offset += length;
    }
    free = across
      ? { ...free, x: free.x + thickness, width: free.width - thickness }
      : { ...free, y: free.y + thickness, height: free.height - thickness };
    row = [];
  };
  for (const item of items) {
    const side = Math.min(free.width, free.height);
    if (row.length > 0 && worst([...row, item], side) > worst(row, side)) flush();
    row.push(item);
  }
  if (row.length > 0) flush();
  return placed;
}
