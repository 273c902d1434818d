import Animated, {
  FadeIn, FadeOutDown, Keyframe, LinearTransition, runOnJS, runOnUI, scheduleOnUI, useAnimatedProps,
  useAnimatedReaction, useAnimatedScrollHandler, useAnimatedStyle, useDerivedValue, withSpring, withTiming,
} from 'react-native-reanimated';
import * as Worklets from 'react-native-worklets';
import { Gesture, usePanGesture } from 'react-native-gesture-handler';

export function Card({ shared, color }) {
  const style = useAnimatedStyle(() => ({ opacity: shared.value, backgroundColor: color }));
  const props = useAnimatedProps(function () {
    return { value: withTiming(shared.value, { duration: 3 }, (finished) => { if (finished) runOnJS(done)(); }) };
  }, [color]);
  const derived = useDerivedValue(() => shared.value * 2);
  useAnimatedReaction(() => derived.value, (value, before) => { if (value !== before) shared.value = value; });
  const onScroll = useAnimatedScrollHandler({
    onScroll: (event, context) => { context.y = event.contentOffset.y; },
    onEndDrag(event) { shared.value = event.velocity; },
    onBeginDrag: begin,
  });
  const once = useAnimatedScrollHandler((event) => { shared.value = event.y; });
  const pan = Gesture.Pan().minDistance(3).onUpdate((event) => { shared.value = event.x; }).onEnd(() => { shared.value = 0; });
  const both = Gesture.Simultaneous(pan, Gesture.Tap().onStart(begin));
  const hook = usePanGesture({ onUpdate: (event) => { shared.value = event.x; }, maxPointers: 1 });
  const entering = FadeIn.duration(300).delay(2).withCallback((finished) => { console.log(finished, color); });
  const leaving = new FadeOutDown().withCallback(function () { begin(); });
  const layout = LinearTransition.springify().withCallback((finished) => runOnJS(done)(finished));
  const other = Gesture.Other().onEnd(() => 1);
  const frame = new Keyframe({}).duration(1).withCallback(() => { done(); });
  runOnUI(() => { shared.value = withSpring(1); })();
  (0, Worklets.scheduleOnUI)((by) => { shared.value += by; }, 3);
  return { style, props, onScroll, once, both, hook, entering, leaving, layout, other, frame };
}

function begin(event) {
  console.log(event);
}
function done(finished) {
  console.log(finished);
}
