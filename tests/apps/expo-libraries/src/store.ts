import { groupBy, sumBy } from 'lodash';
import { create } from 'zustand';

export interface Jar {
  id: string;
  kind: string;
  filled: Date;
  grams: number;
}

// What a plugin of this app puts a number in the place of, and an import.
declare const grams: (weight: TemplateStringsArray) => number;
declare const roundedTo: (value: number, digits: number) => number;

interface Shelf {
  jars: Jar[];
  add(jar: Jar): void;
}

export const useShelf = create<Shelf>((set) => ({
  jars: [
    { id: 'a', kind: 'linden', filled: new Date(2026, 6, 4), grams: grams`0.5 kg` },
    { id: 'b', kind: 'acacia', filled: new Date(2026, 5, 12), grams: grams`8.8 oz` },
    { id: 'c', kind: 'linden', filled: new Date(2026, 6, 19), grams: grams`500 g` },
  ],
  add: (jar) => set((shelf) => ({ jars: [...shelf.jars, jar] })),
}));

export const gramsByKind = (jars: Jar[]) =>
  Object.entries(groupBy(jars, 'kind')).map(([kind, group]) => [kind, roundedTo(sumBy(group, 'grams'), -1)] as const);
