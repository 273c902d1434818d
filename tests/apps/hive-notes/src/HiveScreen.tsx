import { useState } from 'react';
import { FlatList, Image, Pressable, StyleSheet, Text, TextInput, View } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import { shortDay } from '@hive-notes/almanac';
import { colours, radius, space, tint } from '@hive-notes/palette';
import { type Hive, Mood, type Note, useJournal } from './journal';
import type { HiveProps } from './routes';
import { Pill, serif, Small, Title } from './text';

const moodColour: Record<Mood, string> = {
  [Mood.Calm]: colours.leaf,
  [Mood.Busy]: colours.honey,
  [Mood.Restless]: colours.berry,
};

export function HiveScreen({ navigation, route }: HiveProps) {
  const { journal, change } = useJournal();
  const insets = useSafeAreaInsets();
  const hive = journal.hives.find((each) => each.id === route.params.hive);
  if (!hive) return <Small>This hive has moved on.</Small>;

  return (
    <FlatList
      data={hive.notes}
      keyExtractor={(note) => note.id}
      contentContainerStyle={[styles.page, { paddingTop: insets.top + space.medium, paddingBottom: insets.bottom + space.large }]}
      ListHeaderComponent={
        <View style={styles.head}>
          <Pressable accessibilityRole="button" accessibilityLabel="Back" onPress={() => navigation.goBack()} style={styles.back}>
            <Image source={require('../assets/images/back.png')} style={styles.arrow} />
            <Small>All hives</Small>
          </Pressable>
          <Portrait hive={hive} />
          <Composer onWrite={(text, mood) => change({ kind: 'write', hive: hive.id, text, mood })} />
        </View>
      }
      renderItem={({ item }) => (
        <NoteCard note={item} onRemove={() => change({ kind: 'remove', hive: hive.id, note: item.id })} />
      )}
    />
  );
}

function Portrait({ hive }: { hive: Hive }) {
  return (
    <View style={styles.portrait}>
      <Image source={hive.picture} style={styles.picture} />
      <View style={styles.words}>
        <Title>{hive.name}</Title>
        <Small>{hive.place}</Small>
        <View style={styles.facts}>
          <Fact value={`${hive.kilograms.toFixed(1)}`} unit="kg honey" />
          <Fact value={`${hive.frames}`} unit="frames" />
          <Fact value={`${hive.notes.length}`} unit={hive.notes.length === 1 ? 'note' : 'notes'} />
        </View>
      </View>
    </View>
  );
}

function Fact({ value, unit }: { value: string; unit: string }) {
  return (
    <View>
      <Text style={styles.value}>{value}</Text>
      <Small>{unit}</Small>
    </View>
  );
}

function Composer({ onWrite }: { onWrite: (text: string, mood: Mood) => void }) {
  const [text, setText] = useState('');
  const [mood, setMood] = useState(Mood.Calm);
  const ready = text.trim().length > 0;

  return (
    <View style={styles.composer}>
      <TextInput
        accessibilityLabel="New note"
        multiline
        onChangeText={setText}
        placeholder="What did you see today?"
        placeholderTextColor={tint(colours.ink, 0.5)}
        style={styles.input}
        value={text}
      />
      <View style={styles.tools}>
        <View style={styles.moods}>
          {Object.values(Mood).map((each) => (
            <Pressable key={each} accessibilityRole="radio" accessibilityState={{ checked: each === mood }} onPress={() => setMood(each)}>
              <Pill colour={moodColour[each]} faded={each !== mood}>{each}</Pill>
            </Pressable>
          ))}
        </View>
        <Pressable
          accessibilityRole="button"
          disabled={!ready}
          onPress={() => {
            onWrite(text.trim(), mood);
            setText('');
          }}
          style={[styles.button, !ready && styles.off]}>
          <Text style={styles.buttonText}>Write</Text>
        </Pressable>
      </View>
    </View>
  );
}

function NoteCard({ note, onRemove }: { note: Note; onRemove: () => void }) {
  return (
    <View style={[styles.note, { borderLeftColor: moodColour[note.mood] }]}>
      <View style={styles.noteHead}>
        <Small>{`${shortDay(note.day)} · ${note.mood}`}</Small>
        <Pressable accessibilityRole="button" accessibilityLabel="Remove note" onPress={onRemove} hitSlop={8}>
          <Small>remove</Small>
        </Pressable>
      </View>
      <Text style={styles.noteText}>{note.text}</Text>
    </View>
  );
}

const styles = StyleSheet.create({
  page: { paddingHorizontal: space.medium, gap: space.small, maxWidth: 720, width: '100%', alignSelf: 'center' },
  head: { gap: space.medium, marginBottom: space.small },
  back: { flexDirection: 'row', alignItems: 'center', gap: space.tiny, alignSelf: 'flex-start', paddingVertical: space.tiny },
  arrow: { width: 20, height: 20 },
  portrait: { flexDirection: 'row', alignItems: 'center', gap: space.medium },
  picture: { width: 120, height: 120 },
  words: { flex: 1 },
  facts: { flexDirection: 'row', gap: space.large, marginTop: space.small },
  value: { fontFamily: serif, fontSize: 20, color: colours.ink },
  composer: {
    borderRadius: radius.large,
    backgroundColor: colours.card,
    borderWidth: 1,
    borderColor: tint(colours.honey, 0.65),
    padding: space.medium,
    gap: space.small,
  },
  input: { minHeight: 56, fontSize: 16, color: colours.ink, textAlignVertical: 'top' },
  tools: { flexDirection: 'row', flexWrap: 'wrap', gap: space.small, alignItems: 'center', justifyContent: 'space-between' },
  moods: { flexDirection: 'row', gap: space.tiny },
  button: { backgroundColor: colours.ink, borderRadius: radius.round, paddingHorizontal: space.large, paddingVertical: space.small },
  off: { opacity: 0.35 },
  buttonText: { color: colours.card, fontSize: 15, fontWeight: '600' },
  note: {
    backgroundColor: colours.card,
    borderRadius: radius.small,
    borderLeftWidth: 4,
    padding: space.medium,
    gap: space.tiny,
  },
  noteHead: { flexDirection: 'row', justifyContent: 'space-between' },
  noteText: { fontSize: 16, lineHeight: 23, color: colours.ink },
});
