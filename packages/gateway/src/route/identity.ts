import type { Backend } from "@sluice/core";

/** What a header may hold; anything else would make the request one that cannot be sent. */
const SENDABLE = /^[\x20-\x7e]*$/;

/**
 * Headers that tell an instance which revision of which deployment it is, so that it can report what its requests came to.
 * Nobody else can claim them: `readRequestHead` drops what callers send.
 */
export function identityOf(deployment: string, { revision, version }: Backend): string[] {
  const claims = [
    ["x-sluice-revision", String(revision)],
    ["x-sluice-version", version],
    ["x-sluice-deployment", deployment],
  ] as const;
  return claims.flatMap(([name, value]) => (value !== "" && SENDABLE.test(value) ? [name, value] : []));
}
