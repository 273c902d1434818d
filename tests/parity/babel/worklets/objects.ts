const outside = 2;
export const counter = {
  count: 1,
  add(by) { return this.count + by + outside; },
  __workletContextObject: true,
};
export function make(Shape) {
  const build = (x) => {
    'worklet';
    return [new Shape(x), new Date(), new Shape.Inner()];
  };
  return build;
}
