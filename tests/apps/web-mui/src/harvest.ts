export interface Harvest {
  hive: string;
  kilograms: number;
  day: string;
}

// Fixed days keep every screenshot of this app the same.
export const harvests: Harvest[] = [
  { hive: 'Linden', kilograms: 14.2, day: '2026-06-21' },
  { hive: 'Heather', kilograms: 9.8, day: '2026-08-30' },
  { hive: 'Linden', kilograms: 11.5, day: '2026-07-12' },
  { hive: 'Orchard', kilograms: 17.1, day: '2026-05-18' },
  { hive: 'Heather', kilograms: 12.4, day: '2026-09-09' },
];
