const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

function parts(day: string): [year: number, month: number, date: number] {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return [year, month, date];
}

export const monthOf = (day: string): number => parts(day)[1];

/** `Sunday, 21 June`. */
export function longDay(day: string): string {
  const [year, month, date] = parts(day);
  const weekday = DAYS[new Date(Date.UTC(year, month - 1, date)).getUTCDay()]!;
  return `${weekday}, ${date} ${MONTHS[month - 1]!}`;
}

/** `21 Jun`. */
export function shortDay(day: string): string {
  const [, month, date] = parts(day);
  return `${date} ${MONTHS[month - 1]!.slice(0, 3)}`;
}
