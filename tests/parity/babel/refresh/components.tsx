import { forwardRef, memo, useEffect, useReducer, useState } from 'react';
import useFriend, { useOther } from './friend';

export default function Screen({ title }) {
  const [count, setCount] = useState(0);
  const [state, dispatch] = useReducer(reducer, { a: 1 });
  useEffect(() => setCount(1), []);
  useFriend(title);
  return <Text onPress={dispatch}>{count + state}</Text>;
}
export const Row = memo(function Row() {
  const [open] = useState(() => false);
  return <Text>{open}</Text>;
});
const Inner = forwardRef((props, ref) => <Text ref={ref} {...props} />);
export const Wrapped = memo(forwardRef((props, ref) => <Inner ref={ref} {...props} />));
export function useOwn(id) {
  const local = useFriend(id);
  const other = useOther();
  return [local, other];
}
const Arrow = () => {
  useOwn(1);
  return null;
};
let Late;
Late = () => <Arrow />;
export class Old extends React.Component {
  render() {
    return <Late />;
  }
}
const notAComponent = () => <Arrow />;
function reducer(state) {
  return state;
}
export { notAComponent };
