import { FlashList } from '@shopify/flash-list';
import { useQuery } from '@tanstack/react-query';
import axios from 'axios';
import { addMonths, format } from 'date-fns';
import { Controller, useForm } from 'react-hook-form';
import { useTranslation } from 'react-i18next';
import { ScrollView, View } from 'react-native';
import { Button, Card, Text, TextInput } from 'react-native-paper';
import Svg, { Circle, Path } from 'react-native-svg';

import { type Jar, gramsByKind, useShelf } from '@/store';

const prices = axios.create({
  // Nothing is asked of a network here: the adapter answers.
  adapter: async (config) => ({ data: { linden: 9, acacia: 12 }, status: 200, statusText: 'OK', headers: {}, config }),
});

export default function Shelf() {
  const jars = useShelf((shelf) => shelf.jars);
  const { t } = useTranslation();
  const { control } = useForm({ defaultValues: { kind: 'heather' } });
  const { data } = useQuery({
    queryKey: ['prices'],
    queryFn: async () => (await prices.get('/prices')).data as Record<string, number>,
    initialData: { linden: 9, acacia: 12 },
  });
  return (
    <ScrollView>
      <Svg width={48} height={48} viewBox="0 0 24 24">
        <Circle cx={12} cy={12} r={10} fill="#e8a600" />
        <Path d="M6 12l4 4 8-8" stroke="#fff" strokeWidth={2} />
      </Svg>
      <Text variant="headlineMedium">{t('title', { year: 2026 })}</Text>
      <Text>{t('jars', { count: jars.length })}</Text>
      {gramsByKind(jars).map(([kind, grams]) => (
        <Card key={kind} mode="contained">
          <Card.Title title={kind} subtitle={`${grams} g at ${data[kind]}`} />
        </Card>
      ))}
      <View style={{ height: 240 }}>
        <FlashList data={jars} keyExtractor={(jar) => jar.id} renderItem={({ item }) => <Line jar={item} />} />
      </View>
      <Controller
        control={control}
        name="kind"
        render={({ field }) => <TextInput label="Kind" value={field.value} onChangeText={field.onChange} />}
      />
      <Button mode="contained">Add</Button>
    </ScrollView>
  );
}

function Line({ jar }: { jar: Jar }) {
  return (
    <Text>
      {jar.kind}, {format(jar.filled, 'd MMMM yyyy')}, best before {format(addMonths(jar.filled, 24), 'MMMM yyyy')}
    </Text>
  );
}
