export function View({ shared, plain }) {
  return (
    <Box style={[{ width: shared.value, transform: [{ scale: shared.value }] }, plain]}>
      <Box style={{ height: shared.value, color: plain.color, ['value']: plain }} other={{ width: shared.value }} />
    </Box>
  );
}
