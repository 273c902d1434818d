import { age } from '@hive/format';

export const until = (days) => `${days} days until ${age(60_000)}`;
