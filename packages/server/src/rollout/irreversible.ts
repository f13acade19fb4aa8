import type { VersionSpec } from "@sluice/core";

/** The version declares a migration up and none down: what it does to its data cannot be undone (edge case 50). */
export const isIrreversibleVersion = (spec: VersionSpec | undefined): boolean =>
  (spec?.migrations?.up.length ?? 0) > 0 && spec?.migrations?.down.length === 0;
