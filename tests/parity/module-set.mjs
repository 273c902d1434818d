// Which files of a project are in a bundle, read from its source map.
//
//   node module-set.mjs MAP ROOT [REPORT]

import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Project-relative paths in ascending byte order, each once.
 *
 * Left out are names that are no file (Metro's prelude and virtual modules) and Babel's
 * runtime helpers: which helpers a bundle needs depends on how syntax is lowered, and
 * not on how imports are resolved. A module of types alone has no line that a map could
 * speak of; where there is a report of modules, it tells of those too.
 */
export function moduleSet(mapFile, root, reportFile = null) {
  const map = JSON.parse(fs.readFileSync(mapFile, 'utf8'));
  const names = new Set();
  const reported = reportFile ? JSON.parse(fs.readFileSync(reportFile, 'utf8')).modules.map((module) => module.path) : [];
  const sections = map.sections ? map.sections.map((one) => one.map) : [map];
  for (const { sources } of [...sections, { sources: reported }]) {
    for (const source of sources) {
      const name = relativeName(source, root);
      if (name !== null && !name.startsWith('node_modules/@babel/runtime/')) names.add(name);
    }
  }
  return [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Where NativeWind's configuration of Metro writes what it made of the style sheet it is given. */
const COMPILED_STYLES = 'node_modules/react-native-css-interop/.cache/';

function relativeName(source, root) {
  if (source === null || source.includes('\0')) return null;
  for (const candidate of [path.resolve(root, source), path.join(root, source)]) {
    const inside = path.relative(root, candidate);
    if (!inside.startsWith('..') && !path.isAbsolute(inside) && fs.statSync(candidate, { throwIfNoEntry: false })?.isFile()) {
      return inside.startsWith(COMPILED_STYLES) ? 'global.css' : inside.split(path.sep).join('/');
    }
  }
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [mapFile, root, reportFile] = process.argv.slice(2);
  process.stdout.write(moduleSet(mapFile, path.resolve(root), reportFile).map((name) => `${name}\n`).join(''));
}
