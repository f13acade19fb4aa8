export type { FileSource, StoredObject } from "./file.source.ts";
export { noObject, storeAway } from "./file.source.ts";
export { fetchFiles } from "./model.files.ts";
