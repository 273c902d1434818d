// A native side that is not there: runs one React Native bundle in a bare JavaScript
// realm, lets `AppRegistry.runApplication` render the app, and writes down the shadow
// tree that the bundle asked Fabric for.
//
// It does not lay anything out, and it does not judge: equal trees are found by whoever
// compares two answers.
//
// **Invariant:** the answer depends on the bundle and the arguments alone. Time in the
// realm is virtual, randomness is seeded, and tasks run in one fixed order.
//
//   node fabric.mjs BUNDLE --app NAME --platform ios|android --root DIR [--dev] [--tree FILE]
//
// DIR is the installed app: its manifest and the versions of its native libraries are what the
// native side would know.

import fs from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { Clock } from './fabric/clock.mjs';
import { createFabric } from './fabric/shadow-tree.mjs';
import { installExpo, installReactNative } from './fabric/native-side.mjs';

/** The most turns of the event loop that a first render may take. */
const MAX_TURNS = 20_000;

/** Virtual milliseconds after which no timer is waited for: the first screen is there. */
const SETTLED_AFTER_MS = 2_000;

/** What a phone that was built from the app in `root` knows of it. */
export function phone(root) {
  const version = (name) => {
    const file = path.join(root, 'node_modules', name, 'package.json');
    return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : undefined;
  };
  const config = JSON.parse(fs.readFileSync(path.join(root, 'app.json'), 'utf8'));
  return {
    version: version('react-native'),
    libraries: { worklets: version('react-native-worklets'), reanimated: version('react-native-reanimated') },
    // Only what links are made for is asked of it.
    manifest: config.expo?.scheme ? config.expo : null,
  };
}

/**
 * Renders the app `appName` of the bundle `code`, as a `phone` would.
 *
 * Returns `{ tree, nodes, digest, messages }`: the root's children as plain values, how many
 * host nodes there are, the SHA-256 of the tree's JSON, and what the app logged.
 */
export async function render({ code, filename, appName, platform, phone: { version, libraries, manifest }, dev }) {
  const messages = [];
  const clock = new Clock();
  const fabric = createFabric();
  const realm = createRealm(clock, messages);
  const native = installReactNative(realm, { clock, fabric, platform, version, dev, libraries });
  installExpo(realm, { manifest });

  vm.runInContext(code, realm, { filename });
  await settle(clock);
  try {
    native.run(appName);
  } catch (error) {
    messages.push(`thrown: ${describe(error)}`);
  }
  await settle(clock);
  native.announceSafeArea();
  await settle(clock);

  const tree = fabric.committed();
  const text = JSON.stringify(tree);
  const digest = createHash('sha256').update(text).digest('hex');
  return { tree, nodes: fabric.count(tree), digest, messages };
}

function createRealm(clock, messages) {
  const realm = vm.createContext({}, { name: 'hermes' });
  const say = (level) => (...parts) => messages.push(`${level}: ${parts.map(describe).join(' ')}`);
  const globals = {
    console: Object.fromEntries(
      ['log', 'info', 'warn', 'error', 'debug', 'trace', 'group', 'groupEnd', 'groupCollapsed', 'table', 'assert', 'time', 'timeEnd']
        .map((level) => [level, say(level)]),
    ),
    nativeLoggingHook: (text, level) => messages.push(`native ${level}: ${text}`),
    setTimeout: (callback, ms = 0, ...args) => clock.after(ms, () => callback(...args)),
    setInterval: (callback, ms = 0, ...args) => clock.every(Math.max(ms, 1), () => callback(...args)),
    setImmediate: (callback, ...args) => clock.after(0, () => callback(...args)),
    clearTimeout: (id) => clock.cancel(id),
    clearInterval: (id) => clock.cancel(id),
    clearImmediate: (id) => clock.cancel(id),
    requestAnimationFrame: (callback) => clock.after(16, () => callback(clock.now())),
    cancelAnimationFrame: (id) => clock.cancel(id),
    // Hermes brings this one itself.
    TextEncoder,
    __hivesyncNow: () => clock.now(),
  };
  for (const [name, value] of Object.entries(globals)) define(realm, name, value);
  vm.runInContext(
    `globalThis.global = globalThis;
     { const now = globalThis.__hivesyncNow;
       const start = 1750000000000;
       const RealDate = Date;
       globalThis.Date = class Date extends RealDate {
         constructor(...args) { if (args.length) super(...args); else super(start + now()); }
         static now() { return start + now(); }
       };
       globalThis.performance = { now: () => now(), mark() {}, measure() {} };
       globalThis.nativePerformanceNow = () => now();
       let seed = 1;
       Math.random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
       delete globalThis.__hivesyncNow; }`,
    realm,
  );
  return realm;
}

function define(realm, name, value) {
  Object.defineProperty(realm, name, { value, writable: true, configurable: true, enumerable: false });
}

function describe(value) {
  if (value && typeof value === 'object' && 'stack' in value) return String(value.stack);
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** Runs promises and due tasks in turn until nothing is left that belongs to the first screen. */
async function settle(clock) {
  const end = clock.now() + SETTLED_AFTER_MS;
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (!clock.step(end)) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!clock.step(end)) return;
    }
  }
  throw new Error(`the app did not come to rest within ${MAX_TURNS} turns`);
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      app: { type: 'string' },
      platform: { type: 'string', default: 'ios' },
      root: { type: 'string' },
      dev: { type: 'boolean', default: false },
      tree: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const [bundle] = positionals;
  if (!bundle || !values.app || !values.root) {
    throw new Error('usage: node fabric.mjs BUNDLE --app NAME --platform ios|android --root DIR [--dev] [--tree FILE]');
  }
  const answer = await render({
    code: fs.readFileSync(bundle, 'utf8'),
    filename: path.basename(bundle),
    appName: values.app,
    platform: values.platform,
    phone: phone(values.root),
    dev: values.dev,
  });
  if (values.tree) fs.writeFileSync(values.tree, treeFile(answer));
  if (values.verbose) for (const message of answer.messages) process.stderr.write(`${message}\n`);
  process.stdout.write(`${JSON.stringify({ digest: answer.digest, nodes: answer.nodes, messages: answer.messages })}\n`);
  if (answer.nodes === 0) process.exitCode = 1;
}

/** The golden's text: digest and count first, so that a diff begins with the verdict. */
export function treeFile({ digest, nodes, tree }) {
  return `${JSON.stringify({ digest, nodes, tree }, null, 1)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  });
}
