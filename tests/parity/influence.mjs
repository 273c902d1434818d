// The cascade of a map against the browser's own.
//
// Every style rule is served with a mark that says where it stands in its file, and every
// longhand of it is repeated as a custom property whose value is that place, with the same
// importance. What `getComputedStyle` then tells of the custom property is the rule that the
// browser's cascade chose. Nothing of our own parser or matcher takes part in that.
//
//   node influence.mjs DIR MAP.json --browser PATH [--pages N] [--worlds N] [--mutes N]
//        [--json FILE] [--golden FILE --source NAME]
//
// Prints one line a page and a sum; `--json` gets the differences by name. With `--mutes`, so
// many rules of each page are switched off one by one, in the browser and in the map's
// lineages. `--golden` keeps Chromium's winners as digests for `influence/check.mjs`.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { open } from './browser.mjs';
import { digest, placed, rulesOf, visit, winnersOf, worlds } from './influence/winners.mjs';

const TYPES = { '.html': 'text/html; charset=utf-8', '.htm': 'text/html; charset=utf-8', '.css': 'text/css', '.svg': 'image/svg+xml' };

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
  const marked = new Map();
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
        marked.set(`${sheet}|${at}`, [...(marked.get(`${sheet}|${at}`) ?? []), rule]);
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
  window.hsNames = [...names].sort();
  window.hsMarked = marked;
  return { elements: document.querySelectorAll('*').length, names: names.size, rules };
}

/** Runs in the page: which of the map's places bear no mark, and so count as nested ones. */
function join(page) {
  const unmarked = page.places.filter((place) => place !== 'inline' && !window.hsMarked.has(place));
  page.places = page.places.map((place) => (unmarked.includes(place) ? `${place.split('|')[0]}|nested` : place));
  window.hsPage = page;
  return [...new Set(unmarked)].sort();
}

/** Runs in the page: how this world answers the conditions that are asked about. */
function answers() {
  const known = new Map();
  const holds = (label) => {
    const [kind, ...rest] = label.split(':');
    if (!known.has(label)) known.set(label, kind === 'media' ? matchMedia(rest.join(':')).matches : kind === 'rest');
    return known.get(label);
  };
  return { known, holds };
}

/** Runs in the page: compares the winners of our map with those of the browser. */
function judge() {
  const page = window.hsPage;
  const { known, holds } = answers();
  const elements = [...document.querySelectorAll('*')];
  const sum = digest();
  const answer = { compared: 0, equal: 0, winners: 0, differ: {} };
  const differ = (name, own, theirs) => {
    const key = `${name}: ours ${own || 'none'} theirs ${theirs || 'none'}`;
    answer.differ[key] = (answer.differ[key] ?? 0) + 1;
  };
  const winners = new Map();
  visit(page, elements.length, (at, pseudo, one) => {
    if (one && !winners.has(one)) winners.set(one, winnersOf(one, page, holds));
    const ours = one ? winners.get(one) : {};
    const style = getComputedStyle(elements[at], pseudo ? `::${pseudo}` : undefined);
    let text = '';
    for (const name of window.hsNames) {
      const theirs = style.getPropertyValue(`--hs-${name}`);
      const own = ours[name] ?? '';
      if (theirs) { text += `${name} ${theirs}\n`; answer.winners += 1; }
      if (!theirs && !own) continue;
      answer.compared += 1;
      if (theirs === own) answer.equal += 1;
      else differ(name, own, theirs);
    }
    if (text) sum.add(`${at} ${pseudo}\n${text}`);
    for (const name of Object.keys(ours).filter((name) => !window.hsNames.includes(name))) {
      answer.compared += 1;
      differ(name, ours[name], 'unknown');
    }
  });
  answer.digest = sum.end();
  answer.media = [...known].filter(([label]) => label.startsWith('media:')).map(([label, is]) => [label.slice(6), is]);
  return answer;
}

/** Runs in the page: switches rules off one by one, and compares what then wins on the elements that they meant. */
function mute(count) {
  const page = window.hsPage;
  const { holds } = answers();
  const elements = [...document.querySelectorAll('*')];
  const answer = { mutes: 0, compared: 0, equal: 0, differ: {} };
  const places = new Map(page.rules.map((rule, at) => [rule, page.places[at]]).filter(([rule]) => rule));
  // A rule with others in it would take them along.
  const usable = ([, place]) => window.hsMarked.get(place)?.every((rule) => rule.cssRules.length === 0);
  const rules = [...places].filter(usable);
  let seed = rules.length + elements.length;
  for (let left = Math.min(count, rules.length); left > 0; left -= 1) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const [[muted, place]] = rules.splice(seed % rules.length, 1);
    const off = window.hsMarked.get(place);
    const before = off.map((rule) => rule.selectorText);
    for (const rule of off) rule.selectorText = 'hs-muted';
    for (const one of page.classes.filter((one) => one.matched.some(([rule]) => rule === muted))) {
      if (!['', 'before', 'after'].includes(one.pseudo ?? '')) continue;
      const ours = winnersOf(one, page, holds, muted);
      const style = getComputedStyle(elements[one.elements[0]], one.pseudo ? `::${one.pseudo}` : undefined);
      for (const name of Object.keys(one.lineage).filter((name) => window.hsNames.includes(name))) {
        answer.compared += 1;
        const [own, theirs] = [ours[name] ?? '', style.getPropertyValue(`--hs-${name}`)];
        if (own === theirs) { answer.equal += 1; continue; }
        const key = `${name} of ${page.path} ${one.elements[0]}${one.pseudo ?? ""} without ${place}: ours ${own || 'none'} theirs ${theirs || 'none'}`;
        answer.differ[key] = (answer.differ[key] ?? 0) + 1;
      }
    }
    off.forEach((rule, at) => { rule.selectorText = before[at]; });
    answer.mutes += 1;
  }
  return answer;
}

/** What the functions above need of each other, for a page. */
const SHARED = [digest, visit, winnersOf, answers].map(String).join('\n');

/** Puts one page before the browser, in every world. */
async function meet(browser, url, page, { worlds: many, mutes }) {
  const tab = await browser.tab();
  await tab('Network.enable');
  await tab('Emulation.setScriptExecutionDisabled', { value: true });
  await tab.load(url);
  const evaluate = async (text) => {
    const { result, exceptionDetails } = await tab('Runtime.evaluate', { expression: text, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  // Until a page has taken a new medium in, it tells of the one before: it is asked again until
  // its own queries hold, and a frame is drawn for it.
  const settled = async (world) => {
    const queries = `(${world.media === 'print'} === matchMedia('print').matches && innerWidth === ${world.width} && ${world.scheme === 'dark'} === matchMedia('(prefers-color-scheme: dark)').matches)`;
    for (let left = 100; !(await evaluate(queries)); left -= 1) {
      if (left === 0) throw new Error(`${page.path} does not take ${JSON.stringify(world)} in`);
    }
    await tab('Page.captureScreenshot', { format: 'jpeg', quality: 1, clip: { x: 0, y: 0, width: 1, height: 1, scale: 1 } });
  };
  const enter = async (world) => {
    await tab('Emulation.setDeviceMetricsOverride', { width: world.width, height: 900, deviceScaleFactor: 1, mobile: false });
    await tab('Emulation.setEmulatedMedia', { media: world.media, features: [{ name: 'prefers-color-scheme', value: world.scheme }] });
    await settled(world);
  };
  const { elements } = await evaluate(`(${plant})()`);
  const unmarked = await evaluate(`(${join})(${JSON.stringify(page)})`);
  const told = { elements, unmarked, worlds: [], mute: null };
  // First of all: after many worlds, a rule of the last one could be seen to win for a moment.
  if (mutes) {
    await enter(worlds[elements % worlds.length]);
    told.mute = await evaluate(`{ ${SHARED}\n(${mute})(${mutes}) }`);
  }
  for (const world of worlds.slice(0, many)) {
    await enter(world);
    told.worlds.push(await evaluate(`{ ${SHARED}\n(${judge})() }`));
  }
  await tab.close();
  return told;
}

/** Adds the counts of one comparison to those of all. */
function add(sum, one) {
  for (const key of ['mutes', 'compared', 'equal']) sum[key] = (sum[key] ?? 0) + (one[key] ?? 0);
  for (const [key, count] of Object.entries(one.differ)) sum.differ[key] = (sum.differ[key] ?? 0) + count;
}

async function main() {
  const text = { type: 'string' };
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { browser: text, pages: text, worlds: text, mutes: text, json: text, golden: text, source: text },
  });
  const [folder, file] = [path.resolve(positionals[0]), positionals[1]];
  const map = JSON.parse(fs.readFileSync(file, 'utf8'));
  const rules = rulesOf(map);
  const server = await serve(folder);
  const browser = await open(values.browser ?? 'chromium');
  const sum = { pages: 0, pairs: 0, compared: 0, equal: 0, differ: {} };
  const muted = { mutes: 0, compared: 0, equal: 0, differ: {} };
  const golden = { source: values.source ?? '', browser: await browser.version(), media: {}, pages: {} };
  const wanted = { worlds: Number(values.worlds ?? worlds.length), mutes: Number(values.mutes ?? 0) };
  try {
    for (const page of map.pages.slice(0, Number(values.pages ?? map.pages.length))) {
      const url = `http://127.0.0.1:${server.address().port}/${page.path.split('/').map(encodeURIComponent).join('/')}`;
      const told = await meet(browser, url, placed(rules, page), wanted);
      const one = { compared: 0, equal: 0, differ: {} };
      for (const world of told.worlds) add(one, world);
      if (told.elements !== page.elements.length) one.differ[`${page.path}: elements`] = 1;
      add(sum, one);
      if (told.mute) add(muted, told.mute);
      sum.pages += 1;
      sum.pairs += told.worlds.length;
      told.worlds.forEach((world, at) => world.media.forEach(([query, is]) => {
        golden.media[query] ??= '0'.repeat(worlds.length);
        golden.media[query] = `${golden.media[query].slice(0, at)}${Number(is)}${golden.media[query].slice(at + 1)}`;
      }));
      golden.pages[page.path] = {
        elements: told.elements,
        unmarked: told.unmarked.length ? told.unmarked : undefined,
        winners: told.worlds.map((world) => world.winners).join(' '),
        digests: told.worlds.map((world) => world.digest).join(' '),
      };
      console.log(`${page.path}: ${one.equal} of ${one.compared} winners agree`);
    }
  } finally {
    await browser.close();
    server.close();
  }
  const share = sum.compared ? ((100 * sum.equal) / sum.compared).toFixed(4) : '-';
  console.log(`sum: ${sum.pages} pages, ${sum.pairs} page-world pairs, ${sum.equal} of ${sum.compared} winners agree (${share} %)`);
  if (muted.mutes) console.log(`mutes: ${muted.mutes}, ${muted.equal} of ${muted.compared} winners agree`);
  Object.assign(golden, { compared: sum, muted });
  if (values.json) fs.writeFileSync(values.json, `${JSON.stringify({ ...sum, muted }, null, 1)}\n`);
  if (values.golden) fs.writeFileSync(values.golden, `${JSON.stringify(golden, null, 1)}\n`);
}

if (import.meta.main ?? process.argv[1] === new URL(import.meta.url).pathname) await main();
