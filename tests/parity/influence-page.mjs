// A page for a style sheet that comes without one: elements that carry the sheet's own classes.
//
//   node influence-page.mjs SHEET FOLDER [CLASSES]
//
// Takes evenly from all classes of the sheet, in their order, and puts each on an element of
// changing kind and on one inside of another. Writes FOLDER/index.html and FOLDER/sheet.css, which
// `influence.mjs` then compares. The same sheet gives the same page.

import fs from 'node:fs';
import path from 'node:path';

const KINDS = ['div', 'p', 'a', 'button', 'input', 'ul', 'table', 'section', 'h2', 'label', 'nav', 'li'];
const [sheet, folder, wanted = '240'] = process.argv.slice(2);
const css = fs.readFileSync(sheet, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
const named = [...css.matchAll(/\.(-?[_a-zA-Z](?:[\w-]|\\.)*)(?=[^{};]*\{)/g)].map((found) => found[1].replace(/\\(.)/g, '$1'));
const all = [...new Set(named)];
const step = Math.max(1, Math.floor(all.length / Number(wanted)));
const classes = all.filter((_, at) => at % step === 0).slice(0, Number(wanted));
const of = (at) => classes[at % classes.length].replace(/&/g, '&amp;').replace(/"/g, '&quot;');

function element(at) {
  const kind = KINDS[at % KINDS.length];
  const inner = `<span class="${of(at * 7 + 3)} ${of(at)}">x<a href=# class="${of(at * 5 + 1)}">y</a></span>`;
  if (kind === 'input') return `<input class="${of(at)}"${at % 24 === 4 ? ' disabled' : ''}>`;
  if (kind === 'table') return `<table class="${of(at)}"><tr><td class="${of(at + 1)}">${inner}</table>`;
  return `<${kind}${kind === 'a' ? ' href=#' : ''} class="${of(at)}">${inner}</${kind}>`;
}

const body = classes.map((_, at) => element(at)).join('\n');
fs.mkdirSync(folder, { recursive: true });
fs.copyFileSync(sheet, path.join(folder, 'sheet.css'));
fs.writeFileSync(path.join(folder, 'index.html'), `<!doctype html><html lang=en data-theme=light><meta charset=utf-8><title>x</title><link rel=stylesheet href=sheet.css><body>${body}\n`);
console.log(`${classes.length} of ${all.length} classes`);
