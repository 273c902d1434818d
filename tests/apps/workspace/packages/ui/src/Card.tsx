import { age } from '@hive/format';
import ms from 'ms';
import type { ReactNode } from 'react';
import { Text, View } from 'react-native';

import { shade } from './shade';

export function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <View style={{ padding: 8, backgroundColor: shade(2) }}>
      <Text>{`${title}, ${age(ms('90m'))}`}</Text>
      {children}
    </View>
  );
}
