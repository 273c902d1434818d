import ms from 'ms';

export const age = (milliseconds) => `${ms(milliseconds, { long: true })} old`;
