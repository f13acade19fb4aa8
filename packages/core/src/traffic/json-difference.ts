/** A place in a JSON document that may differ, and what of it: a tree over the segments of JSON pointers (RFC 6901). */
interface IgnoreNode {
  /** A pointer ends here: this place and all below it may differ. */
  ends: boolean;
  children: Map<string, IgnoreNode>;
}

export type IgnoredPlaces = readonly IgnoreNode[];

/** How much of each of two values a difference shows, in characters, and of the keys that lead there. */
const SHOWN = 20;
const KEYS_SHOWN = 40;

/**
 * JSON pointers, ready to be applied often. `-` and `*` stand for every index of a list; in an object they are keys like
 * any other. The empty pointer ignores the whole document.
 */
export function ignoredPlaces(pointers: readonly string[]): IgnoredPlaces {
  const root: IgnoreNode = { ends: false, children: new Map() };
  for (const pointer of pointers) {
    let node = root;
    for (const segment of pointer.split("/").slice(1)) {
      const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
      const next = node.children.get(key) ?? { ends: false, children: new Map() };
      node.children.set(key, next);
      node = next;
    }
    node.ends = true;
  }
  return [root];
}

/** Where a value stands, from the inside out. */
interface Place {
  parent: Place | null;
  key: string;
}

interface Pair {
  left: unknown;
  right: unknown;
  place: Place | null;
  ignored: IgnoredPlaces;
}

/**
 * The first place, in the left document's order, at which two JSON values differ, as `/items/3/price: 12 against 13`; null
 * when they are the same but for what is ignored. The order of keys does not matter. Shows at most 80 characters of
 * what the documents hold, keys included. Works without recursion: how deep a document goes is up to whoever wrote it.
 */
export function jsonDifference(left: unknown, right: unknown, ignored: IgnoredPlaces): string | null {
  const waiting: Pair[] = [{ left, right, place: null, ignored }];
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    if (pair.left === pair.right || pair.ignored.some((node) => node.ends)) continue;
    const inner = membersOf(pair);
    if (inner === null) return `${pointerOf(pair.place)}: ${shown(pair.left)} against ${shown(pair.right)}`;
    // The last one in is the first one out.
    for (let index = inner.length - 1; index >= 0; index -= 1) {
      const member = inner[index];
      if (member !== undefined) waiting.push(member);
    }
  }
  return null;
}

/** A member that one side has and the other has not. */
const ABSENT = Symbol("nothing");

/** The members of two lists, or of two objects, side by side; null when the values are not alike in kind. */
function membersOf({ left, right, place, ignored }: Pair): Pair[] | null {
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return null;
  if (Array.isArray(left) && Array.isArray(right)) {
    const everyIndex = below(ignored, ["-", "*"]);
    if (left.length !== right.length && !everyIndex.some((node) => node.ends)) return null;
    return Array.from({ length: Math.min(left.length, right.length) }, (_, index) => {
      const key = String(index);
      const own = ignored.length === 0 ? ignored : [...everyIndex, ...below(ignored, [key])];
      return { left: left[index], right: right[index], place: { parent: place, key }, ignored: own };
    });
  }
  if (Array.isArray(left) || Array.isArray(right)) return null;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  return Array.from(keys, (key) => ({
    left: memberOf(left, key),
    right: memberOf(right, key),
    place: { parent: place, key },
    ignored: below(ignored, [key]),
  }));
}

const memberOf = (object: object, key: string): unknown =>
  Object.hasOwn(object, key) ? Reflect.get(object, key) : ABSENT;

const NOWHERE: IgnoredPlaces = [];

function below(nodes: IgnoredPlaces, keys: readonly string[]): IgnoredPlaces {
  if (nodes.length === 0) return NOWHERE;
  return nodes.flatMap((node) => keys.flatMap((key) => node.children.get(key) ?? []));
}

function pointerOf(place: Place | null): string {
  const keys: string[] = [];
  for (let at = place; at !== null; at = at.parent) keys.push(at.key.replaceAll("~", "~0").replaceAll("/", "~1"));
  if (keys.length === 0) return "the whole body";
  const pointer = `/${keys.reverse().join("/")}`;
  return pointer.length <= KEYS_SHOWN ? pointer : `…${pointer.slice(1 - KEYS_SHOWN)}`;
}

function shown(value: unknown): string {
  if (value === ABSENT) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(typeof value === "string" ? value.slice(0, SHOWN) : value);
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}
