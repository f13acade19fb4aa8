import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadKubeconfig } from "./kubeconfig.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-kubeconfig-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function file(changes: object = {}, name = "config"): Promise<string> {
  const content = {
    clusters: [{ name: "one", cluster: { server: "https://127.0.0.1:1" } }],
    users: [{ name: "me", user: { token: "secret-token" } }],
    contexts: [
      { name: "blue", context: { cluster: "one", user: "me" } },
      { name: "broken", context: { cluster: "two", user: "me" } },
    ],
    "current-context": "blue",
    ...changes,
  };
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(content));
  return path;
}

describe("a kubeconfig", () => {
  test("gives its current context, or the one that is asked for", async () => {
    expect(loadKubeconfig({ files: [await file()], context: null }).getCurrentContext()).toBe("blue");
  });

  test("that lacks a context names those that it has", async () => {
    const files = [await file()];
    expect(() => loadKubeconfig({ files, context: "green" })).toThrow(/has no context green; contexts: blue, broken/);
    expect(() => loadKubeconfig({ files, context: "broken" })).toThrow(/names the cluster two, which is not there/);
  });

  test("that is missing, or no kubeconfig, is named with the reason", async () => {
    const missing = join(folder, "missing");
    expect(() => loadKubeconfig({ files: [missing], context: null })).toThrow(
      `the kubeconfig ${missing} cannot be read: ENOENT`,
    );
    await writeFile(missing, "[: not yaml");
    expect(() => loadKubeconfig({ files: [missing], context: null })).toThrow(/cannot be read/);
    const empty = await file({ contexts: [], "current-context": "" });
    expect(() => loadKubeconfig({ files: [empty], context: null })).toThrow(/has no current context; contexts: none/);
  });
});
