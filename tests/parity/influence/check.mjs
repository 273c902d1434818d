// The winners of a map against those that Chromium chose when the golden was made. Needs no
// browser: how each media query answers in each world stands in the golden too.
//
//   node influence/check.mjs MAP.json GOLDEN.json
//
// Pages that the map does not have are left out. Prints how many winners agree; ends with 1 and
// the pages that differ otherwise.

import fs from 'node:fs';

import { digest, placed, rulesOf, visit, winnersOf, worlds } from './winners.mjs';

/** The digest of one page in one world, and of how many winners it is made. */
function judged(page, elements, holds) {
  const sum = digest();
  const known = new Map();
  let winners = 0;
  visit(page, elements, (at, pseudo, one) => {
    if (!one) return;
    if (!known.has(one)) {
      const found = winnersOf(one, page, holds);
      const names = Object.keys(found).sort();
      known.set(one, { count: names.length, text: names.map((name) => `${name} ${found[name]}\n`).join('') });
    }
    const { count, text } = known.get(one);
    if (count) sum.add(`${at} ${pseudo}\n${text}`);
    winners += count;
  });
  return { digest: sum.end(), winners };
}

const [map, golden] = process.argv.slice(2).map((file) => JSON.parse(fs.readFileSync(file, 'utf8')));
const rules = rulesOf(map);
const wrong = [];
let [winners, pairs] = [0, 0];
for (const [path, wanted] of Object.entries(golden.pages)) {
  const found = map.pages.find((page) => page.path === path);
  if (!found) continue;
  if (found.elements.length !== wanted.elements) wrong.push(`${path}: ${found.elements.length} elements, not ${wanted.elements}`);
  const page = placed(rules, found);
  const unmarked = new Set(wanted.unmarked ?? []);
  page.places = page.places.map((place) => (unmarked.has(place) ? `${place.split('|')[0]}|nested` : place));
  const [counts, digests] = [wanted.winners.split(' ').map(Number), wanted.digests.split(' ')];
  worlds.forEach((world, at) => {
    const holds = (label) => {
      const [kind, ...rest] = label.split(':');
      if (kind !== 'media') return kind === 'rest';
      const answers = golden.media[rest.join(':')];
      if (!answers) throw new Error(`${path}: the golden does not know ${label}`);
      return answers[at] === '1';
    };
    const ours = judged(page, wanted.elements, holds);
    winners += ours.winners;
    pairs += 1;
    if (ours.digest !== digests[at] || ours.winners !== counts[at]) {
      wrong.push(`${path}, ${Object.values(world).join(' ')}: ${ours.winners} winners, Chromium has ${counts[at]}`);
    }
  });
}
if (wrong.length) {
  console.log(wrong.slice(0, 40).join('\n'));
  console.log(`${wrong.length} of ${pairs} pairs of a page and a world differ`);
  process.exit(1);
}
console.log(`${winners} winners of ${pairs} pairs of a page and a world agree`);
