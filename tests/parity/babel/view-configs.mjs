// The view configs that React Native's codegen plugin writes, beside ours.
//
// Both modules are run with packages that are only names; what they export must be equal.
//
//   node view-configs.mjs --root APP --tool transform_file < LIST

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { root: { type: 'string' }, tool: { type: 'string' } } });
const require = createRequire(path.join(fs.realpathSync(values.root), 'package.json'));
const babel = require('@babel/core');

function theirs(file) {
  return babel.transformSync(fs.readFileSync(file, 'utf8'), {
    filename: path.resolve(file),
    babelrc: false,
    configFile: false,
    compact: false,
    caller: { name: 'parity', unstable_transformProfile: 'hermes-stable' },
    presets: [[require('@react-native/babel-preset'), { enableBabelRuntime: false }]],
  }).code;
}

function ours(files) {
  const done = spawnSync(values.tool, ['--json', '-'], { input: files.join('\n'), encoding: 'utf8', maxBuffer: 1 << 28 });
  process.stderr.write(done.stderr);
  return new Map(done.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line)).map((module) => [module.path, module]));
}

/** A package that answers every question with its own name. */
function named(name) {
  const know = {
    get: (_, key) => {
      if (key === Symbol.toPrimitive || key === 'toString') return () => name;
      if (key === '__esModule' || key === 'default' || typeof key === 'symbol') return undefined;
      return named(`${name}.${key}`);
    },
    has: () => false,
    apply: (_, __, args) => record(name, args),
  };
  return new Proxy(function () {}, know);
}

const calls = [];
function record(name, args) {
  const plain = args.map((arg) => (typeof arg === 'function' && !String(arg).startsWith('function ()') ? safely(arg) : arg));
  calls.push([name, plain]);
  if (name.endsWith('ConditionallyIgnoredEventHandlers')) return args[0];
  return named(`${name}()`);
}

function safely(fn) {
  try {
    return fn();
  } catch {
    return 'function';
  }
}

function describe(exports) {
  calls.length = 0;
  const seen = { config: exports.__INTERNAL_VIEW_CONFIG, default: String(exports.default) };
  for (const [name, command] of Object.entries(exports.Commands ?? {})) {
    calls.length = 0;
    command('REF', 1, 2, 3, 4);
    seen[`command ${name}`] = [command.length, calls.map((call) => [...call])];
  }
  return JSON.stringify(seen, (_, value) => (typeof value === 'function' ? `name:${String(value)}` : value), 1);
}

function run(body, dependencies) {
  const module = { exports: {} };
  const requireNamed = (id) => named(dependencies ? dependencies[id] : id);
  const map = dependencies?.map((_, index) => index);
  if (dependencies) new Function(`return ${body}`)()({}, requireNamed, null, (id) => ({ default: requireNamed(id) }), module, module.exports, map);
  else new Function('require', 'module', 'exports', body)(requireNamed, module, module.exports);
  return describe(module.exports);
}

const files = fs.readFileSync(0, 'utf8').split('\n').filter(Boolean);
const mine = ours(files);
let different = 0;
for (const file of files) {
  let want;
  try {
    want = run(theirs(file));
  } catch (error) {
    console.log(file, 'the plugin fails:', error.message.split('\n')[0]);
    continue;
  }
  const module = mine.get(file);
  const got = module ? run(module.code, module.dependencies) : 'nothing';
  if (want === got) continue;
  different += 1;
  console.log(file, `\nwant ${want}\ngot ${got}`);
}
console.log(`${files.length} files, ${different} differ`);
process.exitCode = different ? 1 : 0;
