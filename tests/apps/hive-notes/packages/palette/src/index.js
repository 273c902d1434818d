/**
 * @flow strict
 * @format
 */

import type { Colour, Scale } from './types';

export type { Colour } from './types';

export const colours: $ReadOnly<{ [name: string]: Colour }> = {
  honey: '#f0b429',
  ink: '#2f2413',
  paper: '#fbf5e6',
  card: '#fffdf7',
  leaf: '#6b8f4e',
  berry: '#b4534b',
};

export const space: Scale<'tiny' | 'small' | 'medium' | 'large'> = { tiny: 4, small: 8, medium: 16, large: 24 };

export const radius: Scale<'small' | 'large' | 'round'> = { small: 12, large: 20, round: 999 };

/** The colour moved towards white: 0 leaves it, 1 is white. */
export function tint(colour: Colour, towardsWhite: number): Colour {
  const channels: Array<number> = [1, 3, 5].map((at: number) => parseInt(colour.slice(at, at + 2), 16));
  const lighter = channels.map((value) => Math.round(value + (255 - value) * towardsWhite));
  return '#' + lighter.map((value: number): string => value.toString(16).padStart(2, '0')).join('');
}
