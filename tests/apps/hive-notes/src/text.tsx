import { StyleSheet, Text, View } from 'react-native';

import { colours, radius, space, tint } from '@hive-notes/palette';

export const serif = 'Young Serif';

export function Title({ children }: { children: string }) {
  return <Text accessibilityRole="header" style={styles.title}>{children}</Text>;
}

export function Small({ children }: { children: string }) {
  return <Text style={styles.small}>{children}</Text>;
}

export function Pill({ children, colour, faded = false }: { children: string; colour: string; faded?: boolean }) {
  return (
    <View style={[styles.pill, { backgroundColor: tint(colour, faded ? 0.9 : 0.7) }]}>
      <View style={[styles.dot, { backgroundColor: faded ? tint(colour, 0.5) : colour }]} />
      <Text style={[styles.pillText, faded && styles.faded]}>{children}</Text>
    </View>
  );
}

const styles = StyleSheet.create({
  title: { fontFamily: serif, fontSize: 34, lineHeight: 42, color: colours.ink },
  small: { fontSize: 14, color: tint(colours.ink, 0.35) },
  pill: {
    flexDirection: 'row',
    alignItems: 'center',
    gap: 6,
    borderRadius: radius.round,
    paddingHorizontal: space.small + 2,
    paddingVertical: space.tiny,
  },
  dot: { width: 8, height: 8, borderRadius: 4 },
  pillText: { fontSize: 13, color: colours.ink },
  faded: { color: tint(colours.ink, 0.4) },
});
