import { monthOf } from './day';

export interface Bloom {
  readonly plant: string;
  readonly colour: string;
  /** First and last month, 1 to 12. */
  readonly months: readonly [first: number, last: number];
}

const blooms = [
  { plant: 'Willow', colour: '#b9b04a', months: [3, 4] },
  { plant: 'Pear', colour: '#8fae8b', months: [4, 5] },
  { plant: 'Acacia', colour: '#9a8bbd', months: [5, 6] },
  { plant: 'Linden', colour: '#d9a521', months: [6, 7] },
  { plant: 'Clover', colour: '#c76b84', months: [5, 9] },
  { plant: 'Cornflower', colour: '#5b7fb5', months: [6, 8] },
  { plant: 'Bramble', colour: '#7d3c5c', months: [6, 7] },
  { plant: 'Heather', colour: '#9d5c8f', months: [8, 9] },
  { plant: 'Ivy', colour: '#5d7a54', months: [9, 10] },
] as const satisfies readonly Bloom[];

/** What bees find on that day, `YYYY-MM-DD`. */
export function inBloom(day: string): Bloom[] {
  const month = monthOf(day);
  return blooms.filter(({ months: [first, last] }) => first <= month && month <= last);
}
