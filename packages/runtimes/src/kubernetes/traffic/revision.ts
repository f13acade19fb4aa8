/** The revision whose Service has this name; null for what is not ours. */
export function revisionOf(service: string): number | null {
  const found = /-r(\d+)$/.exec(service);
  return found === null ? null : Number(found[1]);
}
