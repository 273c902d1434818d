/**
 * @flow strict
 * @format
 */

/** `#rrggbb`. */
export type Colour = string;

export type Scale<Name: string> = {| +[name: Name]: number |};
