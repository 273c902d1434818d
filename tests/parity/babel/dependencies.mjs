// What Metro's own transform says a file depends on, beside what ours says.
//
// A developer's tool: it needs an installed React Native or (--expo) Expo app and the native example of
// `guest-modules/transform`. Prints the files that differ and exits with 1 if there are any.
//
//   node dependencies.mjs --root APP --tool transform_file [--expo] [--dev] [--platform ios] < LIST

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    root: { type: 'string' },
    tool: { type: 'string' },
    dev: { type: 'boolean', default: false },
    expo: { type: 'boolean', default: false },
    platform: { type: 'string', default: 'ios' },
    show: { type: 'boolean', default: false },
  },
});
const root = fs.realpathSync(values.root);
process.chdir(root);
const require = createRequire(path.join(root, 'package.json'));
const { worker, config } = values.expo ? await expo() : await plain();

async function plain() {
  const { loadConfig } = require('metro-config');
  return { worker: require('metro-transform-worker'), config: await loadConfig({ cwd: root }) };
}

async function expo() {
  const { getDefaultConfig } = require('expo/metro-config');
  const config = await getDefaultConfig(root);
  return { worker: require(config.transformerPath), config };
}

/** Metro inlines these from a package; ours writes them into the module. */
const isHelper = (name) => name.startsWith('@babel/runtime/');
const short = (name) => (name.endsWith('metro-runtime/src/modules/asyncRequire.js') ? 'metro-runtime/src/modules/asyncRequire' : name);

async function theirs(config, file) {
  const options = {
    customTransformOptions: values.expo ? { engine: 'hermes', environment: 'client' } : {},
    dev: values.dev,
    experimentalImportSupport: values.expo,
    inlinePlatform: true,
    inlineRequires: !values.expo,
    minify: false,
    nonInlinedRequires: ['React', 'react', 'react/jsx-dev-runtime', 'react/jsx-runtime', 'react-compiler-runtime', 'react-native'],
    platform: values.platform,
    type: 'module',
    unstable_transformProfile: 'hermes-stable',
  };
  const result = await worker.transform(config.transformer, root, file, fs.readFileSync(file), options);
  if (values.show) console.log(result.output[0].data.code);
  return result.dependencies.map((dependency) => short(dependency.name)).filter((name) => !isHelper(name));
}

function ours(files) {
  const flags = [...(values.expo ? ['--expo'] : []), ...(values.dev ? [] : ['--prod']), ...(values.platform === 'android' ? ['--android'] : [])];
  const done = spawnSync(values.tool, [...flags, '--json', '-'], {
    input: files.join('\n'), cwd: root, encoding: 'utf8', maxBuffer: 1 << 30,
  });
  if (done.status !== 0) throw new Error(done.stderr);
  process.stderr.write(done.stderr);
  const lines = done.stdout.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  return new Map(lines.map((line) => [line.path, line.dependencies]));
}

const files = fs.readFileSync(0, 'utf8').split('\n').filter((file) => /\.[jt]sx?$/.test(file));
const mine = ours(files);
let different = 0;
for (const file of files) {
  const want = await theirs(config, file).catch((error) => [`failed: ${error.message.split('\n')[0]}`]);
  const got = mine.get(file) ?? ['failed'];
  if (want.join('\n') === got.join('\n')) continue;
  different += 1;
  const missing = want.filter((name) => !got.includes(name));
  const extra = got.filter((name) => !want.includes(name));
  console.log(file, missing.length || extra.length ? { missing, extra } : { want, got });
}
console.log(`${files.length} files, ${different} differ`);
process.exitCode = different ? 1 : 0;
