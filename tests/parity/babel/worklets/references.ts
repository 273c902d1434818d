import { runOnUI, useAnimatedStyle, withTiming, useAnimatedScrollHandler } from 'react-native-reanimated';
const inner = () => ({ a: 1 });
const alias = inner;
useAnimatedStyle(alias);
let late;
late = () => { first(); };
late = () => { second(); };
runOnUI(late)();
function declared() {
  return third;
}
withTiming(1, {}, declared);
const handlers = { onScroll(event) { fourth(event); }, onEndDrag: inner };
useAnimatedScrollHandler(handlers);
export function component(callback) {
  withTiming(2, {}, callback);
  const local = function () { return callback; };
  runOnUI(local)();
}
