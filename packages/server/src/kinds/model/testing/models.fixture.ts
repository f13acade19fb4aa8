import { readFileSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../../config.ts";
import { type TestApp, testApp } from "../../../testing/app.ts";
import type { ModelConfig } from "../model.config.ts";

/** A small classifier of flowers, as the model server's own tests use it, and another version of it. */
const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../../../../../model-server/fixtures/${name}`, import.meta.url));
export const IRIS = fixture("iris.onnx");
export const IRIS_2 = fixture("iris-2.onnx");

export interface ModelsApi extends TestApp {
  url: string;
  /** Sends files as a form; a list of text and file parts, in order. */
  upload(
    version: number,
    parts: readonly Part[],
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: unknown }>;
  /** Every file that the storage holds, and what is being written. */
  stored(): Promise<string[]>;
}

export type Part = [name: string, file: { name: string; content: Buffer | string }] | [name: string, text: string];

/** The REST surface on a real socket, with a folder as storage. */
export async function modelsApi(options: { auth?: boolean; models?: Partial<ModelConfig> } = {}): Promise<ModelsApi> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-models-"));
  const models = { ...readConfig({}).models, ...options.models };
  const api = await testApp({ auth: options.auth ?? false, config: { dataDir, models } });
  const url = await api.app.listen({ host: "127.0.0.1", port: 0 });
  return {
    ...api,
    url,
    upload: (version, parts, headers = {}) => upload(url, version, parts, headers),
    stored: async () => {
      const entries = await readdir(join(dataDir, "storage"), { recursive: true, withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isFile())
        .map(({ name }) => name)
        .sort();
    },
    async close() {
      await api.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export async function upload(
  url: string,
  version: number,
  parts: readonly Part[],
  headers: Record<string, string> = {},
) {
  const form = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === "string") form.append(name, value);
    else form.append(name, new Blob([new Uint8Array(Buffer.from(value.content))]), value.name);
  }
  const answer = await fetch(`${url}/api/v1/versions/${version}/upload`, { method: "POST", body: form, headers });
  const body: unknown = await answer.json();
  return { status: answer.status, body };
}
