/**
 * Globs of names and paths: `*` and `?` stay within a segment, `**` crosses them, `[a-z]` and `[!a-z]` are one character,
 * `{a,b}` is either. Read in one pass over the text with all possibilities side by side, so that no pattern takes long on
 * any text; those that compile to regular expressions can take for ever.
 */

type Token =
  | { type: "one" | "many"; accepts: (character: string) => boolean }
  /** `**` and a slash: any number of whole segments, or none. */
  | { type: "segments" };

/** What braces may stand for together. */
const MOST_ALTERNATIVES = 100;

export function matchesGlob(glob: string, text: string): boolean {
  const characters = [...text];
  return alternatives(glob).some((one) => matchesTokens(tokensOf(one), characters));
}

function matchesTokens(tokens: readonly Token[], characters: readonly string[]): boolean {
  let places = reach(tokens, 0);
  for (const character of characters) {
    places = new Set([...places].flatMap((at) => step(tokens, at, character)));
    if (places.size === 0) return false;
  }
  return places.has(tokens.length);
}

/** Where one may stand at `at`, without reading anything. */
function reach(tokens: readonly Token[], at: number): Set<number> {
  const type = tokens[at]?.type;
  return type === "many" || type === "segments" ? new Set([at, ...reach(tokens, at + 1)]) : new Set([at]);
}

function step(tokens: readonly Token[], at: number, character: string): number[] {
  const token = tokens[at];
  if (token === undefined) return [];
  // Only after a slash a whole segment is over.
  if (token.type === "segments") return character === "/" ? [at, ...reach(tokens, at + 1)] : [at];
  if (!token.accepts(character)) return [];
  return token.type === "many" ? [...reach(tokens, at)] : [...reach(tokens, at + 1)];
}

const inSegment = (character: string): boolean => character !== "/";
const PARTS = /\*\*\/|\*\*+|\*|\?|\[!?\]?[^\]]*\]|\\.|./gsu;

const tokensOf = (glob: string): Token[] =>
  [...glob.matchAll(PARTS)].map(([part], index, all) => {
    if (part === "**/" && startsSegment(all[index - 1]?.[0])) return { type: "segments" };
    if (part.startsWith("**")) return { type: "many", accepts: () => true };
    if (part === "*") return { type: "many", accepts: inSegment };
    if (part === "?") return { type: "one", accepts: inSegment };
    if (part.length > 2 && part.startsWith("[")) return { type: "one", accepts: classOf(part.slice(1, -1)) };
    const literal = part.replace(/^\\(?=.)/s, "");
    return { type: "one", accepts: (character) => character === literal };
  });

const startsSegment = (before: string | undefined): boolean => before === undefined || before.endsWith("/");

function classOf(inner: string): (character: string) => boolean {
  const isNegated = inner.startsWith("!");
  const ranges = [...(isNegated ? inner.slice(1) : inner).matchAll(/(.)-(.)|(.)/gsu)].map(
    ([, from, to, single = ""]) => ({ from: from ?? single, to: to ?? single }),
  );
  return (character) =>
    character !== "/" && ranges.some(({ from, to }) => character >= from && character <= to) !== isNegated;
}

/** The globs that one with braces stands for. Braces that are not closed, or too many, mean themselves. */
function alternatives(glob: string): string[] {
  let expanded = [glob];
  for (;;) {
    const next = expanded.flatMap((one) => {
      const [whole, before = "", inner = "", after = ""] = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/su.exec(one) ?? [];
      return whole === undefined ? [one] : inner.split(",").map((choice) => before + choice + after);
    });
    if (next.length > MOST_ALTERNATIVES || next.length === expanded.length) return expanded;
    expanded = next;
  }
}
