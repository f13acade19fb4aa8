export { selectionFilter } from "./otelcol.ts";
export { planFile, type RevisionFile, revisionFile } from "./settings.ts";
