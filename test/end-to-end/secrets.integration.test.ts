import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ok } from "@sluice/client";
import { expect, test } from "vitest";
import { CONFIG, ended, IMMEDIATE, newDelivery } from "./delivery.ts";
import { startSystem } from "./system.ts";

/** Every file below a folder, as text. */
async function texts(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map((file) => readFile(file, "latin1").catch(() => "")));
}

// edge case 43
test("a program gets its secret as a variable, a rotated one by a rollout, and the old one back with a rollback", async () => {
  const system = await startSystem();
  try {
    const { http } = system.client;
    const write = (value: string) =>
      ok(http.PUT("/v1/secrets/{name}", { params: { path: { name: "greeting" } }, body: { value } }));
    await write("sesame-one");
    const delivery = await newDelivery(system, "vault");
    await delivery.publish("1.0.0");
    const config = { ...CONFIG, secrets: { TELLS: "greeting" } };
    await delivery.deliver("1.0.0", { config });
    const told = async () => (await fetch(`${delivery.url}/env/TELLS`)).text();
    expect(await told()).toBe("sesame-one");
    await write("sesame-two");
    expect(await told()).toBe("sesame-one");
    await ended(system, await delivery.update({ config: { secrets: { TELLS: "greeting" } }, strategy: IMMEDIATE }));
    expect(await told()).toBe("sesame-two");
    const { id } = await delivery.get();
    const back = await ok(http.POST("/v1/deployments/{id}/rollback", { params: { path: { id } }, body: {} }));
    await ended(system, back);
    expect(await told()).toBe("sesame-one");
    const seen = await Promise.all(
      ["/v1/events", "/v1/audit", `/v1/deployments/${id}`, `/v1/rollouts?deployment=${id}`].map(async (path) =>
        (await fetch(`${system.url}${path}`, { headers: { accept: "application/json" } })).text(),
      ),
    );
    expect([...seen, system.output].join()).not.toContain("sesame");
    // On disk it is sealed in the database; only what the instances were started with has it, in a file of their owner.
    const database = await texts(join(system.dataDir, "postgres")).catch(() => []);
    expect(database.join()).not.toContain("sesame");
  } finally {
    await system[Symbol.asyncDispose]();
  }
});
