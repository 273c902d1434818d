export const age = (milliseconds) => `${milliseconds} ms`;
