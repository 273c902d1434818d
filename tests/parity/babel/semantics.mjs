// Small programs of several modules, run as Babel compiles them and as we do.
//
// With `--root` what Babel's version prints is written down; with `--tool` ours runs against
// those files, and nothing but Node and the native example of `guest-modules/transform` is needed.
//
//   node semantics.mjs --tool transform_file
//   node semantics.mjs --root APP

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';

const { values } = parseArgs({
  options: { tool: { type: 'string' }, root: { type: 'string' } },
});
if (!values.tool && !values.root) throw new Error('usage: node semantics.mjs --tool transform_file | --root APP');
const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'programs');

function read(file) {
  const modules = new Map();
  for (const part of fs.readFileSync(file, 'utf8').split(/^\/\/ file: /m).slice(1)) {
    const end = part.indexOf('\n');
    modules.set(part.slice(0, end), part.slice(end + 1));
  }
  return modules;
}

/** Runs `make(name, require, module)` for the first module and what it asks for. */
async function run(names, make) {
  const lines = [];
  const cache = new Map();
  const log = (...args) => lines.push(JSON.stringify(args, (_, value) => (value === undefined ? 'undefined' : typeof value === 'function' ? 'function' : value)));
  globalThis.log = log;
  const load = (specifier) => {
    if (specifier === 'react/jsx-runtime') return jsxRuntime;
    const name = names.find((known) => `./${known.replace(/\.\w+$/, '')}` === specifier) ?? specifier;
    if (!cache.has(name)) {
      const module = { exports: {} };
      cache.set(name, module);
      make(name, load, module);
    }
    return cache.get(name).exports;
  };
  try {
    load(names[0]);
  } catch (error) {
    lines.push(`threw ${error}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  return `${lines.join('\n')}\n`;
}

/** How a program's decorators are compiled, if it has any: `// decorators: legacy` before its files. */
const conventionOf = (file) => /^\/\/ decorators: (\w+)$/m.exec(fs.readFileSync(file, 'utf8'))?.[1];

/** Babel's plugins for that; fields are lowered as Expo's preset does it where decorators have replaced them. */
function decorating(require, convention) {
  if (convention === undefined) return [];
  const version = { legacy: 'legacy', standard: '2023-11' }[convention];
  const fields = ['class-properties', 'private-methods', 'private-property-in-object'];
  return [
    [require('@babel/plugin-proposal-decorators'), { version }],
    ...fields.map((name) => [require(`@babel/plugin-transform-${name}`), { loose: true }]),
  ];
}

async function theirs(modules, convention) {
  const require = createRequire(path.join(fs.realpathSync(values.root), 'package.json'));
  const babel = require('@babel/core');
  return run([...modules.keys()], (name, load, module) => {
    const { code } = babel.transformSync(modules.get(name), {
      filename: path.join(values.root, name), babelrc: false, configFile: false,
      caller: { name: 'parity', unstable_transformProfile: 'hermes-stable' },
      presets: [[require('@react-native/babel-preset'), { enableBabelRuntime: false }]],
      // Syntax that React Native's preset refuses and Expo's takes.
      plugins: [
        ...decorating(require, convention),
        ...['class-static-block', 'export-namespace-from'].map((name) => require(`@babel/plugin-transform-${name}`)),
      ],
    });
    new Function('require', 'module', 'exports', 'global', code)(load, module, module.exports, globalThis);
  });
}

async function ours(modules, flags) {
  const made = fs.mkdtempSync(path.join(os.tmpdir(), 'semantics-'));
  for (const [name, text] of modules) fs.writeFileSync(path.join(made, name), text);
  const input = [...modules.keys()].join('\n');
  const done = spawnSync(values.tool, [...flags, '--json', '-'], { cwd: made, input, encoding: 'utf8' });
  fs.rmSync(made, { recursive: true });
  if (done.status !== 0 || done.stderr) throw new Error(done.stderr);
  const compiled = new Map(done.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line)).map((module) => [module.path, module]));
  return run([...modules.keys()], (name, load, module) => {
    const { code, dependencies } = compiled.get(name);
    const requireById = (id) => load(dependencies[id]);
    const map = dependencies.map((_, index) => index);
    new Function(`return ${code}`)()(globalThis, requireById, importDefault, (id) => importAll(load(dependencies[id])), module, module.exports, map);
  });
}

/** Elements as plain values. */
const element = (type, props, key) => ({ type: typeof type === 'function' ? 'component' : type, key, props });
const jsxRuntime = { jsx: element, jsxs: element, Fragment: 'fragment' };

const importDefault = () => { throw new Error('not used'); };
/** As Metro's runtime does it. */
function importAll(exports) {
  if (exports && exports.__esModule) return exports;
  const all = {};
  for (const key in exports) if (Object.prototype.hasOwnProperty.call(exports, key)) all[key] = exports[key];
  all.default = exports;
  return all;
}

// As Metro's runtime has them while nothing is refreshed.
globalThis.$RefreshReg$ = () => {};
globalThis.$RefreshSig$ = () => (type) => type;

let different = 0;
for (const file of fs.readdirSync(folder).filter((name) => name.endsWith('.txt'))) {
  const modules = read(path.join(folder, file));
  const golden = path.join(folder, file.replace('.txt', '.out'));
  const convention = conventionOf(path.join(folder, file));
  if (values.root) fs.writeFileSync(golden, await theirs(modules, convention));
  if (!values.tool) continue;
  const want = fs.readFileSync(golden, 'utf8');
  for (const flags of [['--eager'], ['--eager', '--v0'], ['--eager', '--prod'], ['--eager', '--web', '--prod', '--minify']]) {
    const more = convention === undefined ? [] : [`--decorators=${convention}`];
    // What the older Hermes gets is refused here, and that has a test of its own.
    if (convention === 'standard' && flags.includes('--v0')) continue;
    const got = await ours(modules, [...flags, ...more]).catch((error) => `failed: ${error}`);
    if (got === want) continue;
    different += 1;
    console.log(`${file} ${flags.join(' ')}\nwant\n${want}got\n${got}`);
  }
}
if (values.tool) console.log(`${different} differ`);
process.exitCode = different ? 1 : 0;
