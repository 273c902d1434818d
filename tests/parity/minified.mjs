// Random programs, run as they are written and as the minifier leaves them: what they call, with
// what, and in which order must be the same.
//
// A program is made of what minifiers move: assignments, sequences, conditions, short circuits,
// closures and classes, in parentheses and out of them. Every call is written to a log.
//
//   node minified.mjs --tool transform_file [--count N] [--seed N]

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import vm from 'node:vm';

const { values } = parseArgs({
  options: { tool: { type: 'string' }, count: { type: 'string', default: '400' }, seed: { type: 'string', default: '1' } },
});

/** The same numbers for the same seed, on every machine. */
function numbers(seed) {
  let state = (seed * 2654435761 + 1) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}

/** A program of a few statements over a few names. */
function program(seed) {
  const next = numbers(seed);
  const pick = (list) => list[next(list.length)];
  const name = () => pick(['a', 'b', 'c', 'd']);
  const list = (make, most) => Array.from({ length: 1 + next(most) }, make).join(', ');
  let calls = 0;
  const call = (depth) => `f(${(calls += 1)}${next(2) ? `, ${value(depth - 1)}` : ''})`;
  const maybe = (text) => (next(3) ? text : `(${text})`);

  function value(depth) {
    if (depth <= 0) return pick([name, name, () => `${next(4)}`, () => `f(${(calls += 1)})`])();
    return maybe(
      pick([
        name,
        () => call(depth),
        () => call(depth),
        () => `(${name()} = ${value(depth - 1)})`,
        () => `(${list(() => step(depth - 1), 4)}, ${value(depth - 1)})`,
        () => `(${value(depth - 1)} ${pick(['&&', '||', '??'])} (${value(depth - 1)}))`,
        () => `(${value(depth - 1)} ? ${value(depth - 1)} : ${value(depth - 1)})`,
        () => `[${list(() => value(depth - 1), 3)}]`,
        () => `{ p: ${value(depth - 1)} }.p`.replace(/^\{/, '({').replace(/\}\.p$/, '}).p'),
        () => `(() => ${value(depth - 1)})()`,
        () => `(function () { ${statements(depth - 1, 2)} return ${value(depth - 1)}; })()`,
        () => `(class { static p = ${value(depth - 1)}; }).p`,
        () => `!${value(depth - 1)}`,
        () => `(${value(depth - 1)} + ${value(depth - 1)})`,
      ])(),
    );
  }

  const step = (depth) => pick([() => `${name()} = ${value(depth)}`, () => call(depth), () => value(depth)])();

  function statement(depth) {
    return pick([
      () => `${maybe(step(depth))};`,
      () => `${maybe(step(depth))};`,
      () => `f(${value(depth)});`,
      () => `if (${value(depth)}) { ${statements(depth - 1, 2)} } else ${statement(depth - 1)}`,
      () => `{ let x = ${value(depth)}; const y = ${value(depth - 1)}; f(y, ${value(depth - 1)}, x); }`,
      () => `for (let i = 0; i < 2; i += 1) { f(i, ${value(depth - 1)}); }`,
      () => `try { ${statements(depth - 1, 2)} } finally { f(${value(depth - 1)}); }`,
      () => `switch (${value(depth - 1)}) { case 1: ${statements(depth - 1, 1)} default: ${statements(depth - 1, 1)} }`,
    ])();
  }

  function statements(depth, most) {
    if (depth <= 0) return `f(${(calls += 1)}, ${name()});`;
    return Array.from({ length: 1 + next(most) }, () => statement(depth)).join('\n');
  }

  const body = statements(3, 4);
  return next(2)
    ? `var a, b, c, d;\n${body}\nf('end', a, b, c, d);\n`
    : `function run(a) { var b = f('b'), c, d = f('d'); ${body}\n return [a, b, c, d]; }\nf(run(1)); f(run(0));\n`;
}

/** What a module says when it runs; `code` is the function of its body. */
function said(code) {
  const lines = [];
  const shown = (value) => (typeof value === 'function' ? 'function' : value === undefined ? 'undefined' : JSON.stringify(value));
  const f = (...args) => {
    lines.push(args.map(shown).join(' '));
    return typeof args[0] === 'number' ? args[0] % 3 : args[1];
  };
  const exports = {};
  try {
    vm.runInNewContext(`(${code})`, { f }, { timeout: 5000 })({}, () => {}, null, null, { exports }, exports, []);
  } catch (error) {
    lines.push(`threw ${error.name}`);
  }
  return lines.join('\n');
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'minified-'));
const count = Number(values.count);
const first = Number(values.seed);
try {
  const sources = Array.from({ length: count }, (_, at) => program(first + at));
  const files = sources.map((text, at) => {
    const file = path.join(folder, `${at}.js`);
    fs.writeFileSync(file, text);
    return file;
  });
  const tool = [values.tool, '--prod', '--minify', '--web', '--plain', '--json', '-'];
  const made = spawnSync(tool[0], tool.slice(1), { input: `${files.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 28 });
  const answers = made.stdout.trim().split('\n').map((line) => JSON.parse(line));
  let differ = 0;
  let longest = 0;
  sources.forEach((text, at) => {
    const answer = answers.find((found) => found.path === files[at]);
    const before = said(`function () { ${text} }`);
    const after = answer === undefined ? 'was not transformed' : said(answer.code);
    longest = Math.max(longest, before.split('\n').length);
    if (before !== after) {
      differ += 1;
      if (differ <= 3) console.log(`seed ${first + at}\n${text}\n${answer?.code}\n--- before\n${before}\n--- after\n${after}\n`);
    }
  });
  console.log(`${count} programs of up to ${longest} calls, ${differ} differ`);
  process.exitCode = differ === 0 ? 0 : 1;
} finally {
  fs.rmSync(folder, { recursive: true, force: true });
}
