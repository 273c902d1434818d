// What Metro's web transform calls the names of a CSS module, as a golden for
// `guest-modules/transform/tests/transform/css.rs`. CI needs no Metro.
//
//   node names.mjs --root EXPO-APP

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { root: { type: 'string' } } });
const root = fs.realpathSync(values.root);
const require = createRequire(createRequire(path.join(root, 'package.json')).resolve('@expo/metro-config'));
const { transformCssModuleWeb } = require('@expo/metro-config/build/transform-worker/css-modules');
const folder = path.dirname(fileURLToPath(import.meta.url));

const { output } = await transformCssModuleWeb({
  filename: 'src/sheet.module.css',
  src: fs.readFileSync(path.join(folder, 'sheet.module.css'), 'utf8'),
  options: { projectRoot: root, dev: false, minify: false, sourceMap: false },
});
const module = { exports: {} };
new Function('module', output)(module);
const { unstable_styles: _, ...names } = module.exports;
const sorted = Object.fromEntries(Object.entries(names).sort(([a], [b]) => (a < b ? -1 : 1)));
fs.writeFileSync(path.join(folder, 'names.json'), `${JSON.stringify(sorted, null, 2)}\n`);
