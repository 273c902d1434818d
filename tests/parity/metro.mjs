// Runs the real Metro over a sample app, for goldens and for the bench.
//
// It uses what the frameworks themselves ship: React Native's `bundle` command and
// Expo's `export:embed`, without minifying, with the profile of the Hermes engine.
// Nothing here is needed to use HiveSync, and CI compares with the goldens alone.
//
//   node metro.mjs bundle --app rn-bare --root DIR --platform ios --mode prod --out FILE [--keep-cache]
//   node metro.mjs bless --apps DIR --golden DIR --work DIR [--app NAME]

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { phone, render, treeFile } from './fabric.mjs';
import { moduleSet } from './module-set.mjs';

/** The native sample apps that have goldens, and the name each registers. */
export const APPS = {
  'rn-bare': { registers: 'HelloWorld', cli: ['@react-native-community/cli/build/bin.js', 'bundle'] },
  'expo-blank': { registers: 'main', cli: ['expo/bin/cli', 'export:embed'] },
  'expo-default': { registers: 'main', entry: 'node_modules/expo-router/entry.js', cli: ['expo/bin/cli', 'export:embed'] },
  'expo-bare-minimum': { registers: 'main', cli: ['expo/bin/cli', 'export:embed'], modes: ['prod'] },
  'expo-tabs': {
    registers: 'main',
    entry: 'node_modules/expo-router/entry.js',
    cli: ['expo/bin/cli', 'export:embed'],
    modes: ['prod'],
  },
  'expo-libraries': {
    registers: 'main',
    entry: 'node_modules/expo-router/entry.js',
    cli: ['expo/bin/cli', 'export:embed'],
    modes: ['prod'],
  },
  'expo-nativewind': { registers: 'main', cli: ['expo/bin/cli', 'export:embed'], modes: ['prod'] },
  'hive-notes': { registers: 'main', cli: ['expo/bin/cli', 'export:embed'], modes: ['prod'] },
  // One workspace, as three package managers lay it out; the app is a member.
  'workspace-npm': { registers: 'main', cli: ['expo/bin/cli', 'export:embed'], modes: ['prod'], member: 'apps/mobile' },
  'workspace-pnpm': { registers: 'main', cli: ['expo/bin/cli', 'export:embed'], modes: ['prod'], member: 'apps/mobile' },
  'workspace-yarn': { registers: 'main', cli: ['expo/bin/cli', 'export:embed'], modes: ['prod'], member: 'apps/mobile' },
};
const PLATFORMS = ['ios', 'android'];
const MODES = ['prod', 'dev'];

/** Bundles `app`, whose packages are installed in `root`, from `entry` on into `out` and `out`.map. */
export function bundle({ app, root, platform, mode, out, work, keepCache, entry }) {
  const known = APPS[app];
  if (!known) throw new Error(`no native sample app is called ${app}`);
  fs.mkdirSync(path.dirname(out), { recursive: true });
  const tmp = path.join(work, 'tmp');
  fs.mkdirSync(tmp, { recursive: true });
  const [script, command] = known.cli;
  const cwd = path.join(root, known.member ?? '');
  const packages = [cwd, root].map((folder) => path.join(folder, 'node_modules', script));
  const done = spawnSync(
    process.execPath,
    [
      packages.find((file) => fs.existsSync(file)), command,
      '--platform', platform,
      '--dev', String(mode === 'dev'),
      '--minify', 'false',
      '--entry-file', entry ?? known.entry ?? 'index.js',
      '--bundle-output', out,
      '--sourcemap-output', `${out}.map`,
      '--assets-dest', path.join(work, 'assets'),
      '--unstable-transform-profile', platform === 'web' ? 'default' : 'hermes',
      ...(keepCache ? [] : ['--reset-cache']),
    ],
    { cwd, encoding: 'utf8', env: environment(tmp), maxBuffer: 64 << 20 },
  );
  if (done.status !== 0) throw new Error(`Metro failed on ${app} ${platform} ${mode}:\n${done.stdout}\n${done.stderr}`);
}

/** What keeps Metro and the frameworks offline, quiet, and out of other caches. */
function environment(tmp) {
  return {
    PATH: process.env.PATH,
    HOME: tmp,
    TMPDIR: tmp,
    CI: '1',
    NO_COLOR: '1',
    EXPO_OFFLINE: '1',
    EXPO_NO_TELEMETRY: '1',
    EXPO_NO_DOTENV: '1',
    EXPO_NO_UPDATE_CHECK: '1',
  };
}

async function bless({ apps, golden, work, only }) {
  for (const app of only ? [only] : Object.keys(APPS)) {
    const root = fs.realpathSync(path.join(apps, app));
    for (const mode of APPS[app].modes ?? MODES) {
      for (const platform of PLATFORMS) {
        const out = path.join(work, `${app}-${platform}-${mode}.js`);
        bundle({ app, root, platform, mode, out, work, keepCache: false });
        const modules = moduleSet(`${out}.map`, root);
        const stem = path.join(golden, app, `${platform}-${mode}`);
        fs.mkdirSync(path.dirname(stem), { recursive: true });
        fs.writeFileSync(`${stem}.modules.txt`, modules.map((name) => `${name}\n`).join(''));
        if (APPS[app].member !== undefined) {
          // What a member draws is no other question than what any app draws.
          process.stdout.write(`${app} ${platform} ${mode}: ${modules.length} modules\n`);
          continue;
        }
        const answer = await render({
          code: fs.readFileSync(out, 'utf8'),
          filename: 'main.jsbundle',
          appName: APPS[app].registers,
          platform,
          phone: phone(root),
          dev: mode === 'dev',
        });
        if (answer.nodes === 0) throw new Error(`Metro's own bundle of ${app} ${platform} ${mode} rendered nothing:\n${answer.messages.join('\n')}`);
        fs.writeFileSync(`${stem}.tree.json`, treeFile(answer));
        process.stdout.write(`${app} ${platform} ${mode}: ${modules.length} modules, ${answer.nodes} nodes, ${answer.digest.slice(0, 12)}\n`);
      }
    }
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      app: { type: 'string' },
      apps: { type: 'string' },
      root: { type: 'string' },
      golden: { type: 'string' },
      work: { type: 'string' },
      platform: { type: 'string', default: 'ios' },
      mode: { type: 'string', default: 'prod' },
      out: { type: 'string' },
      'keep-cache': { type: 'boolean', default: false },
    },
  });
  if (positionals[0] === 'bless') {
    await bless({ apps: path.resolve(values.apps), golden: path.resolve(values.golden), work: path.resolve(values.work), only: values.app });
  } else if (positionals[0] === 'bundle') {
    const out = path.resolve(values.out);
    const work = path.resolve(values.work ?? path.dirname(out));
    bundle({ ...values, root: fs.realpathSync(values.root), out, work, keepCache: values['keep-cache'] });
  } else {
    throw new Error('usage: node metro.mjs bundle|bless …');
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  });
}
