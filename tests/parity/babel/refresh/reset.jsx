/* @refresh reset */
import { useState } from 'react';
export const useName = () => useState('name');
export default () => {
  const [name] = useName();
  return <Text>{name}</Text>;
};
