export const shade = (depth: number): string => `#c${depth}f`;
