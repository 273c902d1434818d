import { createContext, useContext, useMemo, useReducer } from 'react';
import type { ImageSourcePropType } from 'react-native';

export interface Note {
  id: string;
  day: string;
  text: string;
  mood: Mood;
}

export enum Mood {
  Calm = 'calm',
  Busy = 'busy',
  Restless = 'restless',
}

export interface Hive {
  id: string;
  name: string;
  place: string;
  picture: ImageSourcePropType;
  frames: number;
  kilograms: number;
  queen: 'laying' | 'new' | 'not seen';
  notes: Note[];
}

export interface Journal {
  today: string;
  hives: Hive[];
}

export type Change =
  | { kind: 'write'; hive: string; text: string; mood: Mood }
  | { kind: 'remove'; hive: string; note: string };

const beginning: Journal = {
  // The journal opens on a fixed day, so that every picture of it is the same.
  today: '2026-06-21',
  hives: [
    {
      id: 'linden',
      name: 'Linden',
      place: 'By the old avenue',
      picture: require('../assets/images/hive-amber.png'),
      frames: 9,
      kilograms: 14.2,
      queen: 'laying',
      notes: [
        { id: 'l2', day: '2026-06-18', text: 'Second super nearly capped. The linden is in full flower and the whole box hums.', mood: Mood.Busy },
        { id: 'l1', day: '2026-06-04', text: 'Brood on six frames, eggs seen. Gave them a third box.', mood: Mood.Calm },
      ],
    },
    {
      id: 'heather',
      name: 'Heather',
      place: 'Edge of the moor',
      picture: require('../assets/images/hive-plum.png'),
      frames: 6,
      kilograms: 4.8,
      queen: 'new',
      notes: [
        { id: 'h1', day: '2026-06-11', text: 'The young queen is mated: first eggs in tidy rings.', mood: Mood.Calm },
      ],
    },
    {
      id: 'orchard',
      name: 'Orchard',
      place: 'Under the pear trees',
      picture: require('../assets/images/hive-sage.png'),
      frames: 8,
      kilograms: 17.1,
      queen: 'laying',
      notes: [
        { id: 'o2', day: '2026-06-15', text: 'Took off eleven kilograms, pale and mild.', mood: Mood.Calm },
        { id: 'o1', day: '2026-05-27', text: 'Queen cells on two frames. Made a split before they could leave.', mood: Mood.Restless },
      ],
    },
    {
      id: 'meadow',
      name: 'Meadow',
      place: 'Behind the barn',
      picture: require('../assets/images/hive-sky.png'),
      frames: 5,
      kilograms: 2.3,
      queen: 'not seen',
      notes: [{ id: 'm1', day: '2026-06-20', text: 'The split from Orchard. Do not open before the end of the month.', mood: Mood.Restless }],
    },
  ],
};

function changed(journal: Journal, change: Change): Journal {
  const hives = journal.hives.map((hive) => {
    if (hive.id !== change.hive) return hive;
    switch (change.kind) {
      case 'write': {
        const id = `${hive.id}-${hive.notes.length + 1}-${change.text.length}`;
        const note = { id, day: journal.today, text: change.text, mood: change.mood };
        return { ...hive, notes: [note, ...hive.notes] };
      }
      case 'remove':
        return { ...hive, notes: hive.notes.filter((note) => note.id !== change.note) };
    }
  });
  return { ...journal, hives };
}

interface Held {
  journal: Journal;
  change: (change: Change) => void;
}

const JournalContext = createContext<Held | null>(null);

export function JournalProvider({ children }: { children: React.ReactNode }) {
  const [journal, change] = useReducer(changed, beginning);
  const held = useMemo(() => ({ journal, change }), [journal]);
  return <JournalContext.Provider value={held}>{children}</JournalContext.Provider>;
}

export function useJournal(): Held {
  const held = useContext(JournalContext);
  if (!held) throw new Error('useJournal is for children of JournalProvider');
  return held;
}
