import { FlatList, Image, Pressable, ScrollView, StyleSheet, Text, useWindowDimensions, View } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import { inBloom, longDay } from '@hive-notes/almanac';
import { colours, radius, space, tint } from '@hive-notes/palette';
import { type Hive, useJournal } from './journal';
import type { ApiaryProps } from './routes';
import { Pill, serif, Small, Title } from './text';

/** From this width on, two cards stand side by side. */
const TWO_COLUMNS_FROM = 640;

export function ApiaryScreen({ navigation }: ApiaryProps) {
  const { journal } = useJournal();
  const insets = useSafeAreaInsets();
  const columns = useWindowDimensions().width >= TWO_COLUMNS_FROM ? 2 : 1;

  return (
    <FlatList
      key={columns}
      numColumns={columns}
      data={journal.hives}
      keyExtractor={(hive) => hive.id}
      columnWrapperStyle={columns > 1 ? styles.row : undefined}
      contentContainerStyle={[styles.page, { paddingTop: insets.top + space.large, paddingBottom: insets.bottom + space.large }]}
      ListHeaderComponent={<Today day={journal.today} hives={journal.hives} />}
      renderItem={({ item }) => <HiveCard hive={item} onPress={() => navigation.navigate('Hive', { hive: item.id })} />}
    />
  );
}

function Today({ day, hives }: { day: string; hives: Hive[] }) {
  const harvest = hives.reduce((sum, hive) => sum + hive.kilograms, 0);
  return (
    <View style={styles.head}>
      <View style={styles.brand}>
        <Image source={require('../assets/images/bee.png')} style={styles.bee} />
        <Small>{longDay(day)}</Small>
      </View>
      <Title>Hive Notes</Title>
      <View style={styles.banner}>
        <View>
          <Text style={styles.number}>{harvest.toFixed(1)} kg</Text>
          <Text style={styles.caption}>of honey this season</Text>
        </View>
        <Image source={require('../assets/images/comb.png')} style={styles.comb} />
      </View>
      <Small>In bloom now</Small>
      <ScrollView horizontal showsHorizontalScrollIndicator={false} contentContainerStyle={styles.blooms}>
        {inBloom(day).map((bloom) => (
          <Pill key={bloom.plant} colour={bloom.colour}>{bloom.plant}</Pill>
        ))}
      </ScrollView>
    </View>
  );
}

function HiveCard({ hive, onPress }: { hive: Hive; onPress: () => void }) {
  return (
    <Pressable
      accessibilityRole="button"
      accessibilityLabel={`Open ${hive.name}`}
      onPress={onPress}
      style={({ pressed }) => [styles.card, pressed && styles.pressed]}>
      <Image source={hive.picture} style={styles.picture} />
      <View style={styles.words}>
        <Text style={styles.name}>{hive.name}</Text>
        <Small>{hive.place}</Small>
        <View style={styles.facts}>
          <Pill colour={colours.honey}>{`${hive.kilograms.toFixed(1)} kg`}</Pill>
          <Pill colour={hive.queen === 'not seen' ? colours.berry : colours.leaf}>{`queen ${hive.queen}`}</Pill>
        </View>
      </View>
    </Pressable>
  );
}

const styles = StyleSheet.create({
  page: { paddingHorizontal: space.medium, gap: space.small, maxWidth: 960, width: '100%', alignSelf: 'center' },
  row: { gap: space.small },
  head: { gap: space.small, marginBottom: space.small },
  brand: { flexDirection: 'row', alignItems: 'center', gap: space.small },
  bee: { width: 28, height: 28 },
  banner: {
    flexDirection: 'row',
    alignItems: 'center',
    justifyContent: 'space-between',
    backgroundColor: colours.honey,
    borderRadius: radius.large,
    paddingLeft: space.large,
    overflow: 'hidden',
    marginVertical: space.small,
  },
  number: { fontFamily: serif, fontSize: 34, color: colours.ink },
  caption: { fontSize: 14, color: tint(colours.ink, 0.2) },
  comb: { width: 132, height: 108 },
  blooms: { gap: space.tiny, paddingBottom: space.tiny },
  card: {
    flex: 1,
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.medium,
    padding: space.medium,
    borderRadius: radius.large,
    backgroundColor: colours.card,
    borderWidth: 1,
    borderColor: tint(colours.honey, 0.65),
  },
  pressed: { backgroundColor: tint(colours.honey, 0.8) },
  picture: { width: 84, height: 84 },
  words: { flex: 1, gap: 2 },
  name: { fontFamily: serif, fontSize: 22, color: colours.ink },
  facts: { flexDirection: 'row', flexWrap: 'wrap', gap: space.tiny, marginTop: space.small },
});
