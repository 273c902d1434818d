// What a page of a map says about its winners, in one form for the browser and for a check
// without one. Every function here stands alone, because its text is also run in pages.

const WIDTHS = [360, 768, 1280, 1920];

/** Every world: a width, a colour scheme, and paper or screen. */
export const worlds = WIDTHS.flatMap((width) =>
  ['light', 'dark'].flatMap((scheme) => ['screen', 'print'].map((media) => ({ width, scheme, media }))),
);

/** The map's page with each declaration as the place of its rule. */
export function placed(rules, page) {
  const place = (id) => `${rules.get(id).path}|${rules.get(id).line}_${rules.get(id).metadata.column}`;
  return {
    path: page.path,
    classes: page.classes,
    places: page.declarations.map((one) => (one.inline ? 'inline' : place(one.rule))),
    rules: page.declarations.map((one) => one.rule ?? null),
  };
}

/** The rules of a map, by their ids. */
export function rulesOf(map) {
  return new Map(map.nodes.filter((node) => node.type === 'css_rule').map((node) => [node.id, node]));
}

/** Property → place of the rule that wins, where `holds` knows the conditions and `muted` is a rule that is left out. */
export function winnersOf(one, page, holds, muted) {
  const found = {};
  for (const [name, lineage] of Object.entries(one.lineage)) {
    if (name.startsWith('--')) continue;
    const chain = [...(lineage.if ?? [])];
    if (lineage.wins !== undefined) chain.push([lineage.wins, []]);
    // What lost stands ready for the rule that is left out.
    if (muted) chain.push(...(lineage.lost ?? []).map(([at, , when]) => [at, when ?? []]));
    const wins = chain.find(([at, when]) => (!muted || page.rules[at] !== muted) && when.every(holds));
    if (wins) found[name] = page.places[wins[0]];
  }
  return found;
}

/** A digest of lines; not made against anybody who wants two texts to have the same one. */
export function digest() {
  let [one, other] = [0x811c9dc5, 0x9e3779b9];
  return {
    add(text) {
      for (let at = 0; at < text.length; at += 1) {
        const code = text.charCodeAt(at);
        one = Math.imul(one ^ code, 0x01000193);
        other = Math.imul(other ^ code, 0x5bd1e995);
        other ^= other >>> 15;
      }
    },
    end: () => [one, other].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join(''),
  };
}

/** Calls `each` with every element and pseudo-element that has a class, in one order. */
export function visit(page, elements, each) {
  for (const pseudo of ['', 'before', 'after']) {
    const classes = new Map();
    for (const one of page.classes.filter((one) => (one.pseudo ?? '') === pseudo)) {
      for (const at of one.elements) classes.set(at, one);
    }
    for (let at = 0; at < elements; at += 1) {
      if (!pseudo || classes.has(at)) each(at, pseudo, classes.get(at));
    }
  }
}
