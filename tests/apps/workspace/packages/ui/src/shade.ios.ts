export const shade = (depth: number): string => `#f${depth}c`;
