import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { command, type Delivery, ended, IMMEDIATE, look, newDelivery, reaches } from "./delivery.ts";
import { type System, startSystem } from "./system.ts";

let system: System;

beforeAll(async () => {
  system = await startSystem();
});

afterAll(() => system?.[Symbol.asyncDispose]());

/** A deployment whose versions add columns to a data base of its own. */
async function withData(name: string) {
  const file = join(system.root, `${name}.json`);
  const delivery = await newDelivery(system, name);
  const migration = (what: "add" | "drop", column: string, ms = 0) => ({
    name: column,
    command: [process.execPath, "migrate.mjs", file, what, column, `${ms}`],
  });
  return {
    delivery,
    columns: async (): Promise<string[]> => JSON.parse(await readFile(file, "utf8").catch(() => "[]")),
    async publish(
      version: string,
      columns: string[],
      env: Record<string, string> = {},
      program = "program.mjs",
      ms = 0,
    ) {
      const spec = {
        command: [process.execPath, program],
        workdir: "programs",
        env: { VERSION: version, ...env },
        migrations: {
          up: columns.map((column) => migration("add", column, ms)),
          down: columns.map((column) => migration("drop", column)),
        },
      };
      const params = { path: { name } };
      await ok(system.client.http.POST("/v1/artifacts/{name}/versions", { params, body: { version, spec } }));
    },
  };
}

const rollBack = async (delivery: Delivery) => {
  const { id } = await delivery.get();
  return ok(system.client.http.POST("/v1/deployments/{id}/rollback", { params: { path: { id } }, body: {} }));
};

test.concurrent("migrations run before a version starts, once, and a rollback takes back what came later, last first", async () => {
  const { delivery, columns, publish } = await withData("grows");
  await publish("1.0.0", ["name"]);
  await publish("1.1.0", ["name", "email", "phone"]);
  const first = await delivery.deliver("1.0.0");
  expect(first.migrations).toMatchObject([{ name: "name", direction: "up", status: "succeeded" }]);
  const second = await ended(system, await delivery.update({ version: "1.1.0", strategy: IMMEDIATE }));
  expect(second.migrations.map(({ name }) => name)).toEqual(["email", "phone"]);
  expect(await columns()).toEqual(["name", "email", "phone"]);
  const back = await ended(system, await rollBack(delivery));
  expect(back).toMatchObject({ phase: "completed", toVersion: "1.0.0" });
  expect(back.migrations.map(({ name, direction }) => `${direction} ${name}`)).toEqual(["down phone", "down email"]);
  expect(await columns()).toEqual(["name"]);
  // And forward again: what was taken back is done once more.
  await ended(system, await delivery.update({ version: "1.1.0", strategy: IMMEDIATE }));
  expect(await columns()).toEqual(["name", "email", "phone"]);
});

test.concurrent("a version that cannot start has its migrations taken back when its instances are gone", async () => {
  const { delivery, columns, publish } = await withData("breaks");
  await publish("1.0.0", []);
  await publish("1.1.0", ["email"], {}, "exits.mjs");
  await delivery.deliver("1.0.0");
  const failed = await ended(system, await delivery.update({ version: "1.1.0", strategy: IMMEDIATE }));
  expect(failed).toMatchObject({ phase: "rolled_back" });
  expect(failed.migrations.map(({ name, direction }) => `${direction} ${name}`)).toEqual(["up email", "down email"]);
  expect(await columns()).toEqual([]);
});

test.concurrent("a migration that fails stops the rollout before anything of the version runs, and says what it said", async () => {
  const { delivery, columns, publish } = await withData("refuses");
  await publish("1.0.0", []);
  await publish("1.1.0", ["email", "phone"], { REFUSE: "phone" });
  await delivery.deliver("1.0.0");
  const failed = await ended(system, await delivery.update({ version: "1.1.0", strategy: IMMEDIATE }));
  expect(failed).toMatchObject({ phase: "rolled_back", trigger: "deployment_failure" });
  expect(failed.reason).toContain("migration phone failed");
  expect(failed.reason).toContain("column phone is locked");
  expect(await columns()).toEqual([]);
  expect(await delivery.pids(2)).toEqual([]);
});

test.concurrent("who cancels in the middle of a migration waits until it is known what it came to, and it is taken back", async () => {
  const { delivery, columns, publish } = await withData("cancelled");
  await publish("1.0.0", []);
  await publish("1.1.0", ["email", "phone"], {}, "program.mjs", 1_500);
  await delivery.deliver("1.0.0");
  const begun = await delivery.update({ version: "1.1.0", strategy: IMMEDIATE });
  await reaches(system, begun, ({ migrations }) => migrations.length === 1);
  await command(system, begun, "cancel");
  expect(await ended(system, begun)).toMatchObject({ phase: "cancelled" });
  expect(await columns()).toEqual([]);
});

test("killing the server in the middle of a migration neither loses nor repeats it", async () => {
  const own = await startSystem();
  try {
    const file = join(own.root, "killed.json");
    const delivery = await newDelivery(own, "killed");
    await delivery.publish("1.0.0");
    await delivery.deliver("1.0.0");
    const columns = ["email", "phone", "town"];
    const program = (what: string, column: string) => [process.execPath, "migrate.mjs", file, what, column, "700"];
    const migrations = {
      up: columns.map((name) => ({ name, command: program("add", name) })),
      down: columns.map((name) => ({ name, command: program("drop", name) })),
    };
    const spec = {
      command: [process.execPath, "program.mjs"],
      workdir: "programs",
      env: { VERSION: "1.1.0" },
      migrations,
    };
    const params = { path: { name: "killed" } };
    await ok(own.client.http.POST("/v1/artifacts/{name}/versions", { params, body: { version: "1.1.0", spec } }));
    const begun = await delivery.update({ version: "1.1.0", strategy: IMMEDIATE });
    await reaches(own, begun, (rollout) => rollout.migrations.length === 1);
    await own.kill();
    await own.start();
    await ended(own, begun);
    const done = await look(own, begun);
    expect(done).toMatchObject({ phase: "completed" });
    expect(done.migrations.map(({ name, status }) => `${name} ${status}`)).toEqual(
      columns.map((name) => `${name} succeeded`),
    );
    expect(JSON.parse(await readFile(file, "utf8"))).toEqual(columns);
  } finally {
    await own[Symbol.asyncDispose]();
  }
});
