import { join } from "node:path";

/** Where the model's files are in the folder that fetching and serving share. */
export const filesFolder = (folder: string): string => join(folder, "files");

/** Where the environments of models of Python are. */
export const pythonFolder = (folder: string): string => join(folder, "python");
