// Random module graphs, and what the real Metro makes of them: the oracle of the property test.
//
// One project holds many small graphs, each in a folder with packages of its own, so that one
// run of Metro answers for all. Every module writes its path when it is evaluated; what an
// import leads to and when it is evaluated is then one list. Imports that may lead nowhere
// stand in a `try`, where Metro leaves them out.
//
//   node random-graphs.mjs bless --apps DIR --golden DIR --work DIR   (DIR of the installed apps)
//   node random-graphs.mjs write --golden FILE --app DIR --platform NAME --to DIR   (the project of a golden)
//   node random-graphs.mjs order BUNDLE                               (what a bundle evaluates)

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';
import vm from 'node:vm';

import { bundle } from './metro.mjs';

const SEEDS = [20261121, 7, 4711];
const GRAPHS = 30;
/** React Native evaluates a module when it is first used, Expo where it is imported. */
const BUILDS = [
  { name: 'ios', app: 'rn-bare', platform: 'ios', dev: false },
  { name: 'android', app: 'rn-bare', platform: 'android', dev: false },
  { name: 'ios-dev', app: 'rn-bare', platform: 'ios', dev: true },
  { name: 'expo-ios', app: 'expo-default', platform: 'ios', dev: false },
  { name: 'expo-ios-dev', app: 'expo-default', platform: 'ios', dev: true },
  { name: 'expo-web', app: 'expo-default', platform: 'web', dev: false },
];

/** The same numbers in every run. */
class Random {
  constructor(seed) {
    this.state = BigInt(seed);
  }

  below(end) {
    this.state = (this.state * 6364136223846793005n + 1442695040888963407n) & ((1n << 64n) - 1n);
    return Number((this.state >> 33n) % BigInt(end));
  }

  chance(percent) {
    return this.below(100) < percent;
  }

  of(list) {
    return list[this.below(list.length)];
  }

  some(list, most) {
    return Array.from({ length: this.below(most + 1) }, () => this.of(list));
  }
}

/** One small graph below `folder`: paths and texts. */
class Graph {
  constructor(random, folder) {
    this.random = random;
    this.folder = folder;
    this.files = {};
    this.packages = ['pa', 'pb', '@s/pc', 'pd'];
  }

  make() {
    const { random } = this;
    this.manifest('', { name: this.folder, version: '1.0.0', ...(random.chance(50) ? { imports: this.importMap() } : {}) });
    for (const stem of ['src/a', 'src/b', 'src/deep/c', 'src/deep/index', 'src/d']) {
      const endings = ['.js', '.ios.js', '.native.js', '.android.js', '.tsx', '.ts', '.jsx', '.ios.tsx'];
      for (const ending of new Set([random.of(endings), ...random.some(endings, 1)])) this.module(stem + ending, 'app');
    }
    if (random.chance(40)) this.files['src/data.json'] = '{"json":true}';
    if (random.chance(50)) this.manifest('src/deep', this.directoryManifest());
    for (const name of this.packages) this.package(`node_modules/${name}`, name);
    if (random.chance(50)) this.package('node_modules/pa/node_modules/pb', 'pb');
    this.module('index.js', 'app', true);
    return Object.fromEntries(Object.entries(this.files).map(([name, text]) => [`${this.folder}/${name}`, text]));
  }

  manifest(folder, fields) {
    this.files[path.posix.join(folder, 'package.json')] = `${JSON.stringify(fields)}\n`;
  }

  directoryManifest() {
    return this.random.of([{ main: './c' }, { main: 'c.js' }, { main: '../a' }, { name: 'inner' }, { browser: { './c.js': '../b.js' } }]);
  }

  package(folder, name) {
    const { random } = this;
    for (const stem of ['index', 'lib/main', 'lib/one', 'lib/two', 'alt', 'browser']) {
      if (stem === 'index' || random.chance(80)) this.module(`${folder}/${stem}${random.of(['.js', '.js', '.js', '.ios.js', '.native.js'])}`, name);
    }
    const fields = { name, version: '1.0.0' };
    const mains = ['./lib/main.js', 'lib/main', './lib', 'index', './alt.js', './lib/one'];
    if (random.chance(70)) fields.main = random.of(mains);
    if (random.chance(25)) fields['react-native'] = random.of(['./alt', './lib/one.js', this.redirects()]);
    if (random.chance(35)) fields.browser = random.of(['./browser.js', './browser', this.redirects(), this.redirects()]);
    if (random.chance(45)) fields.exports = this.exportMap();
    if (random.chance(30)) fields.imports = this.importMap();
    this.manifest(folder, fields);
  }

  redirects() {
    const { random } = this;
    const from = ['./lib/one.js', './lib/two', './lib/two.js', './index.js', 'pb', 'pd', './alt.js', 'pa/lib/one'];
    const to = ['./alt.js', './lib/two.js', './browser.js', false, '@s/pc', './lib/one'];
    return Object.fromEntries(Array.from({ length: 1 + random.below(3) }, () => [random.of(from), random.of(to)]));
  }

  target(depth = 2) {
    const { random } = this;
    const paths = ['./index.js', './lib/one.js', './lib/two.js', './alt.js', './lib/main.js', './missing.js', null];
    if (depth === 0 || random.chance(55)) return random.of(paths);
    const conditions = ['import', 'require', 'react-native', 'browser', 'default', 'node'];
    return Object.fromEntries(Array.from({ length: 1 + random.below(3) }, () => [random.of(conditions), this.target(depth - 1)]));
  }

  exportMap() {
    const { random } = this;
    if (random.chance(25)) return this.target() ?? './index.js';
    const map = { '.': this.target() };
    for (const key of random.some(['./one', './lib/one', './lib/two.js', './lib/one.js', './package.json'], 3)) map[key] = this.target();
    if (random.chance(50)) map[random.of(['./lib/*', './lib/*.js', './*'])] = random.of(['./lib/*.js', './lib/*', { import: './lib/*.js', default: './alt.js' }, null]);
    return map;
  }

  importMap() {
    const { random } = this;
    const map = {};
    for (const key of ['#one', '#dep', '#deep/*']) {
      if (random.chance(70)) map[key] = random.of([this.target(1) ?? './index.js', './lib/one.js', { 'react-native': './lib/two.js', default: './alt.js' }]);
    }
    return Object.keys(map).length === 0 ? { '#one': './lib/one.js' } : map;
  }

  /** What a module in the folder `inside` of `owner` may ask for; some of it is there. */
  specifier(owner, inside) {
    const { random } = this;
    const packages = ['pa', 'pb', '@s/pc', 'pd', 'pa/lib/one', 'pb/lib/two', '@s/pc/lib/one.js', 'pd/alt', 'pa/one', 'pd/lib', 'pb/package.json'];
    const near = {
      app: ['./src/a', './src/b', './src/deep', './src/d', './src', './src/deep/c', './src/data.json'],
      'app/src': ['./a', './b', './d', './deep', './deep/', './deep/c', './a.js', './data.json', './data', '../src/b'],
      'app/src/deep': ['./c', '.', './', '../a', '../b', '../d', '..', './index', '../deep'],
      package: ['./lib/one', './lib/two.js', './lib/main', './alt', './lib', './browser', owner, `${owner}/lib/two`],
      'package/lib': ['./one', './two', './main.js', '../alt', '..', '../index', '../browser', owner],
    };
    if (random.chance(10)) return random.of(['#one', '#dep', '#deep/one']);
    return random.of(random.chance(60) ? near[path.posix.join(owner === 'app' ? 'app' : 'package', inside)] : packages);
  }

  module(name, owner, isEntry = false) {
    if (this.files[name] !== undefined) return;
    const { random } = this;
    const esm = random.chance(50);
    const lines = [];
    const inside = /(?:^|\/)(src\/deep|src|lib)\/[^/]+$/.exec(name)?.[1] ?? '';
    const count = (isEntry ? 6 : 1) + random.below(4);
    const edges = [...new Set(Array.from({ length: count }, () => this.specifier(owner, inside)))];
    edges.forEach((specifier, at) => {
      const kind = random.below(10);
      if (kind < 6) lines.push(`try { require('${specifier}'); } catch { globalThis.order.push('nothing behind ${specifier}'); }`);
      else if (!esm && kind < 8) lines.push(`try { const v${at} = require('${specifier}'); globalThis.order.push(typeof v${at}); } catch { globalThis.order.push('nothing'); }`);
      else if (!esm) lines.push(`try { globalThis.order.push(require.resolveWeak('${specifier}') === null); } catch { globalThis.order.push('no weak'); }`);
    });
    // An import cannot stand in a `try`, so it names a file that is there on every platform.
    const sure = owner === 'app' ? this.sure(name) : null;
    if (esm && sure) {
      const form = random.below(3);
      lines.unshift(form === 0 ? `import '${sure}';` : form === 1 ? `import * as sure from '${sure}';` : `import sure from '${sure}';`);
      if (form > 0) lines.push('globalThis.order.push(typeof sure);');
      if (random.chance(30)) lines.push(`export * from '${sure}';`);
    }
    lines.push(`globalThis.order.push('${this.folder}/${name}');`);
    lines.push(esm ? `export default '${name}';` : `module.exports = { name: '${name}' };`);
    this.files[name] = `${lines.join('\n')}\n`;
  }

  /** A relative path from `name` to a module that was made before it, cycles aside. */
  sure(name) {
    const plain = /^src\/.*\.(?:native\.)?(?:js|jsx|ts|tsx)$/;
    const known = Object.keys(this.files).filter((file) => plain.test(file) && !/\.(ios|android)\./.test(file));
    if (known.length === 0) return null;
    const stem = this.random.of(known).replace(/(\.native)?\.\w+$/, '');
    const relative = path.posix.relative(path.posix.dirname(name), stem);
    return relative.startsWith('.') ? relative : `./${relative}`;
  }
}

function generate(seed) {
  const files = {};
  const random = new Random(seed);
  const entries = [];
  for (let at = 0; at < GRAPHS; at += 1) {
    Object.assign(files, new Graph(random, `g${at}`).make());
    entries.push(`globalThis.order.push('graph ${at}');\nrequire('./g${at}/index.js');\n`);
  }
  files['index.js'] = entries.join('');
  return files;
}

/** The graphs as this build can have them. */
function filesFor(files, app, platform) {
  if (!isExpo(app)) return files;
  // Expo's serializer finds no place for a module that only a weak import names; the web has no
  // native files; and by Expo's order of endings this redirection leads to a file that is not there.
  const variant = ([name, text]) => [
    platform === 'web' ? name.replace('.native.', '.web.') : name,
    text.replaceAll('require.resolveWeak(', 'require(').replace('"./c.js":"../b.js"', '"./c.js":"./c.js"'),
  ];
  return Object.fromEntries(Object.entries(files).map(variant));
}

const isExpo = (app) => fs.existsSync(path.join(app, 'node_modules/expo'));

/** What every project of the app's flavour has, as small as it can be. */
function frame(app) {
  const version = (name) => JSON.parse(fs.readFileSync(path.join(app, 'node_modules', name, 'package.json'), 'utf8')).version;
  const manifest = (name, of = name) => ({ [`node_modules/${name}/package.json`]: JSON.stringify({ name, version: version(of) }) });
  const depends = { 'react-native': version('react-native'), ...(isExpo(app) ? { expo: version('expo') } : {}) };
  const files = {
    'package.json': JSON.stringify({ name: 'random', version: '1.0.0', main: 'index.js', dependencies: depends }),
    ...manifest('react-native'),
    'node_modules/react-native/index.js': '',
    ...manifest('@react-native/js-polyfills', 'react-native'),
    'node_modules/@react-native/js-polyfills/console.js': '',
    'node_modules/@react-native/js-polyfills/error-guard.js': '',
  };
  if (!isExpo(app)) {
    const runtime = 'metro-runtime/src/polyfills/require.js';
    return { ...files, ...manifest('metro-runtime'), [`node_modules/${runtime}`]: fs.readFileSync(path.join(app, 'node_modules', runtime), 'utf8') };
  }
  const runtime = '@expo/cli/build/metro-require/require.js';
  const found = [path.join(app, 'node_modules/expo'), app].map((folder) => path.join(folder, 'node_modules', runtime)).find((file) => fs.existsSync(file));
  return {
    ...files,
    ...manifest('expo'),
    'node_modules/@expo/cli/package.json': JSON.stringify({ name: '@expo/cli', version: version('expo') }),
    [`node_modules/${runtime}`]: fs.readFileSync(found, 'utf8'),
    'app.json': '{"expo":{"name":"random","slug":"random"}}\n',
  };
}

function write(files, to) {
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(to, name)), { recursive: true });
    fs.writeFileSync(path.join(to, name), text);
  }
}

/** What a bundle evaluates, in order. */
function order(code) {
  const context = vm.createContext({ order: [], console });
  context.globalThis = context;
  vm.runInContext(code, context, { filename: 'main.jsbundle' });
  return [...context.order];
}

async function metro(root, app, { platform, dev }) {
  const require = createRequire(path.join(app, 'package.json'));
  const Metro = require('metro');
  const { getDefaultConfig } = require('@react-native/metro-config');
  const { mergeConfig } = require('metro-config');
  const helpers = path.join(app, 'node_modules/@babel/runtime');
  const config = mergeConfig(getDefaultConfig(root), {
    projectRoot: root,
    watchFolders: [root, path.join(app, 'node_modules/metro-runtime'), helpers],
    resetCache: true,
    cacheStores: [],
    resolver: { useWatchman: false, extraNodeModules: { '@babel/runtime': helpers } },
    serializer: { getPolyfills: () => [], getModulesRunBeforeMainModule: () => [] },
    transformer: { babelTransformerPath: require.resolve('@react-native/metro-babel-transformer') },
    reporter: { update() {} },
  });
  const { build } = require('metro/private/shared/output/bundle');
  let code = null;
  const save = async (bundle) => {
    code = bundle.code;
  };
  await Metro.runBuild(config, { entry: 'index.js', platform, dev, minify: false, out: path.join(root, 'out.js'), output: { build, save } });
  return code;
}

/** What Expo's command makes of the graphs, among all packages of the app. */
function expo(files, app, root, { app: name, platform, dev }) {
  fs.cpSync(path.join(app, 'package.json'), path.join(root, 'package.json'));
  const packages = path.join(root, 'node_modules');
  if (!fs.existsSync(packages)) execFileSync('cp', ['-al', path.join(app, 'node_modules'), packages]);
  write({ ...filesFor(files, app, platform), 'app.json': '{"expo":{"name":"random","slug":"random"}}\n' }, root);
  const out = path.join(root, '..', `${path.basename(root)}.js`);
  const mode = dev ? 'dev' : 'prod';
  bundle({ app: name, root, platform, mode, out, work: `${root}-work`, keepCache: false, entry: 'index.js' });
  return fs.readFileSync(out, 'utf8');
}

async function bless({ apps, golden, work }) {
  fs.mkdirSync(golden, { recursive: true });
  for (const seed of SEEDS) {
    const files = generate(seed);
    const orders = {};
    for (const build of BUILDS) {
      const app = fs.realpathSync(path.join(apps, build.app));
      const root = path.join(fs.realpathSync(work), `random-${seed}-${build.name}`);
      fs.rmSync(root, { recursive: true, force: true });
      fs.mkdirSync(root);
      if (!isExpo(app)) {
        const preset = path.join(app, 'node_modules/@react-native/babel-preset');
        write({ ...files, ...frame(app), 'babel.config.js': `module.exports = { presets: [require.resolve(${JSON.stringify(preset)})] };\n` }, root);
      }
      orders[build.name] = order(isExpo(app) ? expo(files, app, root, build) : await metro(root, app, build));
      // React Native's transformer remembers the first configuration that it found, for all that follow.
      if (isExpo(app)) fs.rmSync(root, { recursive: true });
    }
    fs.writeFileSync(path.join(golden, `${seed}.json`), `${JSON.stringify({ files, orders }, null, 1)}\n`);
    process.stdout.write(`seed ${seed}: ${Object.keys(files).length} files, ${orders.ios.length} steps\n`);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(['app', 'apps', 'golden', 'work', 'platform', 'to'].map((name) => [name, { type: 'string' }])),
});
if (positionals[0] === 'bless') {
  await bless({ apps: path.resolve(values.apps), golden: path.resolve(values.golden), work: path.resolve(values.work) });
} else if (positionals[0] === 'write') {
  const app = fs.realpathSync(values.app);
  const { files } = JSON.parse(fs.readFileSync(values.golden, 'utf8'));
  write({ ...filesFor(files, app, values.platform), ...frame(app) }, values.to);
} else if (positionals[0] === 'order') {
  process.stdout.write(`${JSON.stringify(order(fs.readFileSync(positionals[1], 'utf8')))}\n`);
} else {
  throw new Error('usage: node random-graphs.mjs bless|write|order …');
}
