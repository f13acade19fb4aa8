import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { credentialsFor } from "./registry.credentials.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-credentials-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = (config: unknown): Promise<void> => writeFile(join(folder, "config.json"), JSON.stringify(config));
const ask = (registry: string) => credentialsFor(registry, { folder, env: { PATH: `${folder}:/usr/bin:/bin` } });

test("without a configuration there are none", async () => {
  expect(await ask("registry.example")).toBeNull();
});

test("a login is what Docker's client kept, a password with a colon included", async () => {
  await write({ auths: { "registry.example": { auth: Buffer.from("me:pass:word").toString("base64") } } });
  expect(await ask("registry.example")).toEqual({
    username: "me",
    password: "pass:word",
    serveraddress: "registry.example",
  });
  expect(await ask("other.example")).toBeNull();
});

describe("a program that keeps credentials", () => {
  const helper = async (script: string): Promise<void> => {
    await writeFile(join(folder, "docker-credential-vault"), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, "docker-credential-vault"), 0o755);
    await write({ credsStore: "vault" });
  };

  test("is asked for the registry", async () => {
    await helper(`read registry; echo "{\\"Username\\":\\"$registry\\",\\"Secret\\":\\"hunter2\\"}"`);
    expect(await ask("registry.example")).toMatchObject({ username: "registry.example", password: "hunter2" });
  });

  test("may have none", async () => {
    await helper("echo credentials not found in native keychain; exit 1");
    expect(await ask("registry.example")).toBeNull();
  });

  test("that fails is named, without what it printed", async () => {
    await helper("echo hunter2; exit 3");
    await expect(ask("registry.example")).rejects.toThrow(/docker-credential-vault gave no credentials.*: 3/);
    await expect(ask("registry.example")).rejects.not.toThrow(/hunter2/);
  });

  test("that is not there is named", async () => {
    await write({ credHelpers: { "registry.example": "nowhere" } });
    await expect(ask("registry.example")).rejects.toThrow(/docker-credential-nowhere .*ENOENT/);
  });
});

test("a configuration that is none is refused by its path", async () => {
  await write([1]);
  await expect(ask("registry.example")).rejects.toThrow(`${folder}/config.json is no configuration of Docker`);
});
