/** A text as people may read it. */
export type Mask = (text: string) => string;

const BLOT = "•••";
/** Shorter ones are everywhere: masking them would tell more than it hides. */
const SHORTEST = 3;

/** Blots out secrets, also line by line where one has several, and what no database takes: NUL and halves of characters. */
export function createMask(secrets: readonly string[]): Mask {
  const texts = [...new Set(secrets.flatMap((secret) => [secret, ...secret.split("\n")]))]
    .map((text) => text.trim())
    .filter((text) => text.length >= SHORTEST)
    .toSorted((left, right) => right.length - left.length);
  return (text) =>
    texts.reduce((left, secret) => left.replaceAll(secret, BLOT), text.replaceAll("\0", "")).toWellFormed();
}
