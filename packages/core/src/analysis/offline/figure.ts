/** A number for a sentence: four significant digits, no trailing zeros. */
export const figure = (value: number): string => String(Number(value.toPrecision(4)));

/** A share as a percentage for a sentence. */
export const percentage = (share: number): string => `${Number((share * 100).toPrecision(4))} %`;

/** "1 point", "2 points". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
