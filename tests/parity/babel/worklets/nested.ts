const outer = 1;
export function first(a) {
  'worklet';
  const second = (b) => {
    'worklet';
    function third(c) {
      'worklet';
      return a + b + c + outer;
    }
    return third(1);
  };
  const plain = (outer) => outer + a;
  return second(2) + plain(3);
}
export function quiet() {
  'worklet';
  'no-worklet-closure';
  return outer;
}
export function keeper() {
  const kept = (x) => {
    'worklet';
    'limit-init-data-hoisting';
    return x + outer;
  };
  return kept;
}
export function shadows(outer) {
  'worklet';
  try {
    return { outer, __DEV__, Math, console };
  } catch (error) {
    outer = error;
  }
  for (const each of [outer]) each.go(missing);
  label: while (outer) break label;
}
