import { age } from '@hive/format';
import { until } from '@hive/format/until';
import { Card } from '@hive/ui';
import ms from 'ms';
import { Text, View } from 'react-native';

import { shade } from '../../packages/ui/src/shade';

export default function App() {
  return (
    <View style={{ flex: 1, backgroundColor: shade(1) }}>
      <Card title="Linden">
        <Text>{`${age(ms('2 days'))}, ${until(3)}`}</Text>
      </Card>
    </View>
  );
}
