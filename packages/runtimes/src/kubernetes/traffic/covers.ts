/**
 * Whether an object has everything that is wanted of it: the API server adds defaults, and others fields of their own. Lists must be as
 * long as they are wanted, since what somebody adds to a list of backends deals as well.
 */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => covers(actual[index], item))
    );
  }
  if (typeof wanted !== "object" || wanted === null) return actual === wanted;
  if (typeof actual !== "object" || actual === null) return false;
  const found = new Map(Object.entries(actual));
  return Object.entries(wanted).every(([name, value]) => value === undefined || covers(found.get(name), value));
}
