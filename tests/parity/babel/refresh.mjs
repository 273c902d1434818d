// What `react-refresh/babel` registers and signs in the sources of `refresh/`, as goldens for
// `guest-modules/transform/tests/refresh.rs`. CI needs no Babel.
//
//   node refresh.mjs --root APP

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { root: { type: 'string' } } });
const require = createRequire(path.join(fs.realpathSync(values.root), 'package.json'));
const babel = require('@babel/core');
const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'refresh');

for (const file of fs.readdirSync(folder).filter((name) => /\.[jt]sx$/.test(name)).sort()) {
  const { code } = babel.transformFileSync(path.join(folder, file), {
    babelrc: false, configFile: false, compact: true, comments: false, cwd: folder,
    plugins: [[require('react-refresh/babel'), { skipEnvCheck: true }], require('@babel/plugin-transform-react-jsx')],
  });
  fs.writeFileSync(path.join(folder, file.replace(/\.\w+$/, '.out')), facts(code).map((line) => `${line}\n`).join(''));
}

/** Registered names and the keys of signatures, each once. */
function facts(code) {
  const found = [...code.matchAll(/\$RefreshReg\$\(\w+,"([^"]*)"\)/g)].map(([, name]) => `registers ${name}`);
  const signed = [...code.matchAll(/"([A-Za-z0-9+/]{27}=)"(,true)?/g)].map(([, key, reset]) => `signs ${key}${reset ? ' and resets' : ''}`);
  return [...new Set([...found, ...signed])].sort();
}
