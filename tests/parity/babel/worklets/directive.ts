import { distance } from './distance';
const limit = 3;
export function near(x: number, y: number): boolean {
  'worklet';
  return distance(x, y) < limit;
}
export function factorial(n: number): number {
  'worklet';
  return n < 2 ? 1 : n * factorial(n - 1);
}
export const arrow = (a: number, { b = limit, ...rest }: { b?: number }) => {
  'worklet';
  const twice = () => a * 2;
  return { a, b, rest, twice };
};
const object = {
  method(this: { k: number }, x: number) {
    'worklet';
    return () => this.k + x + limit;
  },
  plain: function named(x: number) {
    'worklet';
    return x > 0 ? named(x - 1) : `done ${limit} of ${x}`;
  },
};
export async function later(x: number) {
  'worklet';
  return await fetchIt(x);
}
export const counted = function* () {
  'worklet';
  yield limit;
};
export default function (x?: { z: number }) {
  'worklet';
  return x?.z ?? limit;
}
use(object);
