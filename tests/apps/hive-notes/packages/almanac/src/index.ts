export { inBloom } from './bloom';
export { longDay, shortDay } from './day';
export type { Bloom } from './bloom';
