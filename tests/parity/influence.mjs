// The cascade of a map against the browser's own.
//
// Every style rule is served with a mark that says where it stands in its file, and every
// longhand of it is repeated as a custom property whose value is that place, with the same
// importance. What `getComputedStyle` then tells of the custom property is the rule that the
// browser's cascade chose. Nothing of our own parser or matcher takes part in that.
//
//   node influence.mjs DIR MAP.json --browser PATH [--pages N] [--worlds N] [--json FILE]
//
// Prints one line a page and a sum; `--json` gets the differences by name.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { open } from './browser.mjs';

const WIDTHS = [360, 768, 1280, 1920];
const TYPES = { '.html': 'text/html; charset=utf-8', '.htm': 'text/html; charset=utf-8', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** Every world: a width, a colour scheme, and paper or screen. */
export const worlds = WIDTHS.flatMap((width) =>
  ['light', 'dark'].flatMap((scheme) => ['screen', 'print'].map((media) => ({ width, scheme, media }))),
);

/** Puts `--hs-at: LINE:COLUMN` into every block that a selector stands in front of. */
export function mark(text, line = 1, column = 1) {
  let out = '';
  let start = null; // Where the prelude began.
  let at = 0;
  const step = (count) => {
    for (let i = 0; i < count; i += 1) {
      if (text[at] === '\n') { line += 1; column = 1; } else column += 1;
      out += text[at];
      at += 1;
    }
  };
  while (at < text.length) {
    const rest = text.slice(at, at + 2);
    const char = text[at];
    if (rest === '/*') {
      const end = text.indexOf('*/', at + 2);
      step((end < 0 ? text.length : end + 2) - at);
    } else if (char === '"' || char === "'") {
      let end = at + 1;
      while (end < text.length && text[end] !== char && text[end] !== '\n') end += text[end] === '\\' ? 2 : 1;
      start ??= { at, line, column };
      step(Math.min(end + 1, text.length) - at);
    } else if (char === '\\') {
      start ??= { at, line, column };
      step(Math.min(2, text.length - at));
    } else if (char === '(' && /url$/i.test(text.slice(Math.max(0, at - 3), at)) && !/^\s*["']/.test(text.slice(at + 1, at + 20))) {
      const end = text.indexOf(')', at);
      step((end < 0 ? text.length : end + 1) - at);
    } else if (char === '{') {
      const selects = start !== null && text[start.at] !== '@';
      const place = start;
      step(1);
      if (selects) out += `--hs-at:${place.line}_${place.column};`;
      start = null;
    } else if (char === '}' || char === ';') {
      step(1);
      start = null;
    } else {
      if (!/\s/.test(char)) start ??= { at, line, column };
      step(1);
    }
  }
  return out;
}

/** Marks the `style` elements of a page. */
function markPage(text) {
  return text.replace(/(<style\b[^>]*>)([\s\S]*?)(<\/style>)/gi, (_, head, body, tail, offset) => {
    const line = text.slice(0, offset + head.length).split('\n').length;
    return head + mark(body, line) + tail;
  });
}

/** Serves the folder, with its sheets marked. */
function serve(folder) {
  const server = http.createServer((request, response) => {
    const name = decodeURIComponent(new URL(request.url, 'http://x').pathname).slice(1);
    const file = path.join(folder, name);
    if (!file.startsWith(folder) || !fs.existsSync(file) || fs.statSync(file).isDirectory()) {
      response.writeHead(404).end();
      return;
    }
    const kind = path.extname(file).toLowerCase();
    const type = TYPES[kind];
    if (!type) { response.writeHead(204).end(); return; }
    let body = fs.readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
    if (kind === '.css') body = mark(body);
    else if (kind.startsWith('.htm')) body = markPage(body);
    response.writeHead(200, { 'content-type': type }).end(body);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Runs in the page: repeats every longhand as a sentinel. */
function plant() {
  const names = new Set();
  const marked = new Set();
  let rules = 0;
  const sentinel = (style, value) => {
    for (const name of [...style]) {
      if (name.startsWith('--')) continue;
      names.add(name);
      style.setProperty(`--hs-${name}`, value, style.getPropertyPriority(name));
    }
  };
  const visit = (list, sheet) => {
    for (const rule of list) {
      if (rule.styleSheet) { visit(rule.styleSheet.cssRules, new URL(rule.styleSheet.href).pathname.slice(1)); continue; }
      if (rule instanceof CSSKeyframesRule || rule instanceof CSSFontFaceRule) continue;
      if (rule.style && rule.selectorText !== undefined && !(rule instanceof CSSPageRule)) {
        const at = rule.style.getPropertyValue('--hs-at').trim();
        marked.add(`${sheet}|${at}`);
        rules += 1;
        sentinel(rule.style, `${sheet}|${at}`);
      } else if (rule.style && !(rule instanceof CSSPageRule) && !(rule instanceof CSSPositionTryRule)) {
        sentinel(rule.style, `${sheet}|nested`);
      }
      if (rule.cssRules) visit(rule.cssRules, sheet);
    }
  };
  const own = location.pathname.slice(1);
  for (const sheet of document.styleSheets) {
    try {
      visit(sheet.cssRules, sheet.href ? decodeURIComponent(new URL(sheet.href).pathname.slice(1)) : decodeURIComponent(own));
    } catch { /* A sheet of another origin. */ }
  }
  for (const element of document.querySelectorAll('[style]')) if (element.style) sentinel(element.style, 'inline');
  for (const name of names) {
    try {
      CSS.registerProperty({ name: `--hs-${name}`, syntax: '*', inherits: false });
    } catch { /* Registered before. */ }
  }
  window.hsNames = [...names];
  window.hsMarked = marked;
  return { elements: document.querySelectorAll('*').length, names: names.size, rules };
}

/** Runs in the page: compares the winners of our map with those of the browser. */
function judge(page) {
  const holds = (label) => {
    const [kind, ...rest] = label.split(':');
    const text = rest.join(':');
    if (kind === 'media') return matchMedia(text).matches;
    return kind === 'rest';
  };
  const known = new Map();
  const elements = [...document.querySelectorAll('*')];
  const answer = { compared: 0, equal: 0, differ: {}, samples: [] };
  const truth = new Map();
  const check = (label) => {
    if (!truth.has(label)) truth.set(label, holds(label));
    return truth.get(label);
  };
  for (const pseudo of ['', 'before', 'after']) {
    const classOf = new Map();
    page.classes.filter((one) => (one.pseudo ?? '') === pseudo).forEach((one) => one.elements.forEach((at) => classOf.set(at, one)));
    const winners = new Map();
    const winner = (one) => {
      if (!winners.has(one)) {
        const found = {};
        for (const [name, lineage] of Object.entries(one.lineage)) {
          if (name.startsWith('--')) continue;
          const conditional = (lineage.if ?? []).find(([, when]) => when.every(check));
          const at = conditional ? conditional[0] : lineage.wins;
          // Declarations behind a nested rule have no selector of their own, and so no mark.
          const place = page.places[at];
          if (at !== undefined) found[name] = place === 'inline' || window.hsMarked.has(place) ? place : `${place.split('|')[0]}|nested`;
        }
        winners.set(one, found);
      }
      return winners.get(one);
    };
    elements.forEach((element, at) => {
      if (pseudo && !classOf.has(at)) return;
      const ours = classOf.has(at) ? winner(classOf.get(at)) : {};
      const style = getComputedStyle(element, pseudo ? `::${pseudo}` : undefined);
      for (const name of window.hsNames) {
        const theirs = style.getPropertyValue(`--hs-${name}`);
        const own = ours[name] ?? '';
        if (!theirs && !own) continue;
        answer.compared += 1;
        if (theirs === own) { answer.equal += 1; continue; }
        if (!theirs && own) { /* The browser dropped what we keep, or the other way around. */ }
        const key = `${name}: ours ${own || 'none'} theirs ${theirs || 'none'}`;
        answer.differ[key] = (answer.differ[key] ?? 0) + 1;
      }
      for (const name of Object.keys(ours)) {
        if (window.hsNames.includes(name)) continue;
        answer.compared += 1;
        const key = `${name}: ours ${ours[name]} theirs unknown`;
        answer.differ[key] = (answer.differ[key] ?? 0) + 1;
      }
      known.set(at, true);
    });
  }
  return answer;
}

/** The map's page with each declaration as the place of its rule. */
function placed(map, page) {
  const rules = new Map(map.nodes.filter((node) => node.type === 'css_rule').map((node) => [node.id, node]));
  const places = page.declarations.map((one) => {
    if (one.inline) return 'inline';
    const rule = rules.get(one.rule);
    return `${rule.path}|${rule.line}_${rule.metadata.column}`;
  });
  return { classes: page.classes, places };
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { browser: { type: 'string' }, pages: { type: 'string' }, worlds: { type: 'string' }, json: { type: 'string' } },
  });
  const [folder, file] = [path.resolve(positionals[0]), positionals[1]];
  let map = JSON.parse(fs.readFileSync(file, 'utf8'));
  map = map.result ?? map;
  const server = await serve(folder);
  const browser = await open(values.browser ?? 'chromium');
  const sum = { pages: 0, pairs: 0, compared: 0, equal: 0, differ: {} };
  try {
    for (const page of map.pages.slice(0, Number(values.pages ?? map.pages.length))) {
      const url = `http://127.0.0.1:${server.address().port}/${page.path.split('/').map(encodeURIComponent).join('/')}`;
      const tab = await browser.tab();
      await tab('Network.enable');
      await tab('Emulation.setScriptExecutionDisabled', { value: true });
      await tab.load(url);
      const evaluate = async (text) => {
        const { result, exceptionDetails } = await tab('Runtime.evaluate', { expression: text, returnByValue: true });
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
      };
      const planted = await evaluate(`(${plant})()`);
      const told = placed(map, page);
      let note = '';
      if (planted.elements !== page.elements.length) note = ` ELEMENTS ${planted.elements} != ${page.elements.length}`;
      await evaluate(`window.hsPage = ${JSON.stringify(told)}; 0`);
      const one = { compared: 0, equal: 0 };
      for (const world of worlds.slice(0, Number(values.worlds ?? worlds.length))) {
        await tab('Emulation.setDeviceMetricsOverride', { width: world.width, height: 900, deviceScaleFactor: 1, mobile: false });
        await tab('Emulation.setEmulatedMedia', { media: world.media, features: [{ name: 'prefers-color-scheme', value: world.scheme }] });
        const answer = await evaluate(`(${judge})(window.hsPage)`);
        one.compared += answer.compared;
        one.equal += answer.equal;
        sum.pairs += 1;
        for (const [key, count] of Object.entries(answer.differ)) sum.differ[key] = (sum.differ[key] ?? 0) + count;
      }
      sum.pages += 1;
      sum.compared += one.compared;
      sum.equal += one.equal;
      console.log(`${page.path}: ${one.equal} of ${one.compared} winners agree${note}`);
      await tab.close();
    }
  } finally {
    await browser.close();
    server.close();
  }
  const share = sum.compared ? ((100 * sum.equal) / sum.compared).toFixed(4) : '-';
  console.log(`sum: ${sum.pages} pages, ${sum.pairs} page-world pairs, ${sum.equal} of ${sum.compared} winners agree (${share} %)`);
  if (values.json) fs.writeFileSync(values.json, `${JSON.stringify(sum, null, 1)}\n`);
}

if (import.meta.main ?? process.argv[1] === new URL(import.meta.url).pathname) await main();
