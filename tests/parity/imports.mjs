// The imports of a map beside those that madge and dependency-cruiser find.
//
//   node imports.mjs DIR MAP.json --tools NODE_MODULES [--cruiser NODE_MODULES] [--json FILE]
//
// An edge leads from one file of the folder to another. What the three mean by one is not the
// same, so each is first brought to the same meaning: scripts alone (JavaScript and TypeScript,
// declarations among them), each pair once, no edge of a file to itself; imports of types count,
// what leads into an installed package does not. The folder must not lie in `node_modules`,
// where the other two do not look. Where a script and its declaration stand side by side, the
// other two do not agree which of them a declaration imports; here both are the one file that
// they describe. Prints how many edges all agree upon, and names every other one.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

/** What a tool answers in the folder, and its processor time by the shell's own clock. */
function timed(program, args, folder) {
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'imports-'));
  // A pipe would lose what a tool has not written when it ends itself.
  const answer = path.join(scratch, 'answer.json');
  const { stderr } = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time "$0" "$@" > "$ANSWER"`, process.execPath, program, ...args], { cwd: folder, env: { ...process.env, ANSWER: answer }, encoding: 'utf8' });
  const [user, system] = stderr.trim().split('\n').at(-1).split(' ').map(Number);
  const found = JSON.parse(fs.readFileSync(answer, 'utf8'));
  fs.rmSync(scratch, { recursive: true });
  return { answer: found, seconds: user + system };
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { tools: { type: 'string' }, cruiser: { type: 'string' }, json: { type: 'string' } } });
const [folder, file] = positionals.map((one) => path.resolve(one));
const tools = path.resolve(values.tools);
const cruisers = path.resolve(values.cruiser ?? values.tools);
const EXTENSIONS = 'js,mjs,cjs,jsx,ts,mts,cts,tsx';

const madge = timed(path.join(tools, 'madge/bin/cli.js'), ['--json', '--no-spinner', '--extensions', EXTENSIONS, '.'], folder);
const cruiser = timed(path.join(cruisers, 'dependency-cruiser/bin/dependency-cruise.mjs'), ['--no-config', '--ts-pre-compilation-deps', '--output-type', 'json', '.'], folder);

/** The script beside a declaration of it; any other file itself. */
const described = (name) => ['.js', '.mjs', '.cjs'].map((ending) => name.replace(/\.d\.([cm]?)ts$/, ending)).find((one) => one !== name && fs.existsSync(path.join(folder, one))) ?? name;
const script = (name) => /\.[cm]?[jt]sx?$/.test(name);
const edges = (pairs) => new Set(pairs.filter(([from, to]) => from !== to && script(from) && script(to)).map(([from, to]) => `${from} → ${described(to)}`));
const inside = (name) => !path.isAbsolute(name) && !name.startsWith('..') && !name.includes('node_modules/') && fs.existsSync(path.join(folder, name));
const theirs = {
  madge: edges(Object.entries(madge.answer).flatMap(([from, all]) => all.filter(inside).map((to) => [from, to]))),
  'dependency-cruiser': edges(cruiser.answer.modules.filter((one) => inside(one.source)).flatMap((one) => one.dependencies.filter((to) => !to.couldNotResolve && inside(to.resolved)).map((to) => [one.source, to.resolved]))),
};
const map = JSON.parse(fs.readFileSync(file, 'utf8'));
const paths = new Map(map.nodes.filter((node) => node.path).map((node) => [node.id, node.path]));
const ours = edges(map.edges.filter((edge) => edge.type === 'import' && paths.has(edge.to)).map((edge) => [paths.get(edge.from), paths.get(edge.to)]));

const report = { edges: ours.size, tools: {} };
for (const [tool, found] of Object.entries(theirs)) {
  const more = [...ours].filter((edge) => !found.has(edge));
  const less = [...found].filter((edge) => !ours.has(edge));
  const seconds = tool === 'madge' ? madge.seconds : cruiser.seconds;
  report.tools[tool] = { edges: found.size, more, less, seconds };
  console.log(`${tool}: ${found.size} edges, ours ${ours.size}; only ours ${more.length}, only theirs ${less.length}; ${seconds.toFixed(2)} s`);
  for (const edge of more.slice(0, 5)) console.log(`  only ours: ${edge}`);
  for (const edge of less.slice(0, 5)) console.log(`  only theirs: ${edge}`);
}
if (values.json) fs.writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
