/**
 * Equal as JSON documents: the order of keys does not matter (a database gives them back in another one), and a field that
 * is `undefined` is absent.
 */
export function same(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
  const at = (document: object, key: string): unknown => Reflect.get(document, key);
  return [...keys].every((key) => same(at(left, key), at(right, key)));
}
