import { clip } from "./bar.ts";

/** Breaks a text between words, so that no line is longer than `width`; longer words are cut. */
export function wrap(text: string, width: number): string[] {
  return text.split(/\s+/).reduce<string[]>((lines, word) => {
    const last = lines.at(-1);
    const longer = `${last} ${word}`;
    return last !== undefined && longer.length <= width ? lines.with(-1, longer) : lines.concat(clip(word, width));
  }, []);
}
