import { groupBy, sumBy } from 'lodash';
import { create } from 'zustand';

export interface Jar {
  id: string;
  kind: string;
  filled: Date;
  grams: number;
}

interface Shelf {
  jars: Jar[];
  add(jar: Jar): void;
}

export const useShelf = create<Shelf>((set) => ({
  jars: [
    { id: 'a', kind: 'linden', filled: new Date(2026, 6, 4), grams: 500 },
    { id: 'b', kind: 'acacia', filled: new Date(2026, 5, 12), grams: 250 },
    { id: 'c', kind: 'linden', filled: new Date(2026, 6, 19), grams: 500 },
  ],
  add: (jar) => set((shelf) => ({ jars: [...shelf.jars, jar] })),
}));

export const gramsByKind = (jars: Jar[]) =>
  Object.entries(groupBy(jars, 'kind')).map(([kind, group]) => [kind, sumBy(group, 'grams')] as const);
