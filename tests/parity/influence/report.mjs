// The goldens of `influence.mjs` as a table: how far maps agree with Chromium, and the name and
// the count of everything in which they do not.
//
//   node influence/report.mjs FOLDER
//
// Writes `report.md` there.

import fs from 'node:fs';
import path from 'node:path';

const [folder] = process.argv.slice(2);
const number = (value) => value.toLocaleString('en-US');
const files = fs.readdirSync(folder).filter((name) => name.endsWith('.json')).sort();
const goldens = files.map((name) => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')));
const rows = goldens.map(({ source, compared, muted }) =>
  `| ${source} | ${compared.pages} | ${number(compared.pairs)} | ${number(compared.compared)} | ${number(compared.equal)} | ${muted.mutes} | ${number(muted.compared)} | ${number(muted.equal)} |`);
const sum = (of) => number(goldens.reduce((total, golden) => total + of(golden), 0));
const residuals = goldens.flatMap(({ source, compared, muted }) =>
  [...Object.entries(compared.differ), ...Object.entries(muted.differ)].map(([name, count]) => `| ${source} | ${name.replaceAll('|', ' ')} | ${count} |`));
const lines = [
  '# Maps beside Chromium', '',
  `Made by \`cargo xtask bless influence\` with ${goldens[0].browser}; not edited by hand. Winners are compared on every element, for every`,
  'longhand that some rule sets, and for `::before` and `::after`, in 16 worlds; `muted` are rules that were switched off one by one,',
  'in the browser and in the map.', '',
  '| pages of | pages | page × world pairs | winners | agree | muted | winners then | agree |', '|---|---|---|---|---|---|---|---|',
  ...rows,
  `| together | ${sum((one) => one.compared.pages)} | ${sum((one) => one.compared.pairs)} | ${sum((one) => one.compared.compared)} | ${sum((one) => one.compared.equal)} | ${sum((one) => one.muted.mutes)} | ${sum((one) => one.muted.compared)} | ${sum((one) => one.muted.equal)} |`,
  '', '## What differs', '',
  ...(residuals.length ? ['| pages of | what | how often |', '|---|---|---|', ...residuals] : ['Nothing.']), '',
];
fs.writeFileSync(path.join(folder, 'report.md'), lines.join('\n'));
