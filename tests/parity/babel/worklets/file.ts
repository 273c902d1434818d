'worklet';
import { base } from './base';
export const scale = (x) => x * base;
export function grow(x) {
  return scale(x) + 1;
}
export const pair = {
  left: (x) => x - base,
  right(x) { return x + base; },
};
export const counter = {
  count: 1,
  add(by) { this.count += by; return base; },
};
const hidden = 3;
export default () => hidden;
