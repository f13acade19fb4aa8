import { cannotBeTakenBack, type VersionSpec } from "@sluice/core";

/** What the version does to its data cannot be undone (edge case 50). */
export const isIrreversibleVersion = (spec: VersionSpec | undefined): boolean => cannotBeTakenBack(spec?.migrations);
