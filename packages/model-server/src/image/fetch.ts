import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "@sluice/core";
import { fetchFiles } from "../files/model.files.ts";
import { createS3Source, s3Client } from "../files/s3.source.ts";
import { filesFolder } from "./folder.ts";
import type { FetchOptions } from "./image.config.ts";

/** A storage that is away for a moment is asked again after so many milliseconds. */
const PATIENCE = [500, 2_000, 5_000];

/** Brings the model's files into the folder, verified, and answers their names. */
export async function fetchModel({ path, files, s3, folder }: FetchOptions): Promise<string[]> {
  const client = s3Client(s3);
  const source = createS3Source(client);
  const content = { files: path, ...(files !== null && { manifest: files }) };
  try {
    return await patiently(() => fetchFiles(source, content, filesFolder(folder)));
  } finally {
    client.destroy();
  }
}

async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const pause of PATIENCE) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "unavailable") throw error;
      await sleep(pause);
    }
  }
  return work();
}
