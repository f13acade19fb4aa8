import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killCommand } from "@sluice/runtimes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandName } from "./step/command.paths.ts";
import { startWorkshop, type Workshop } from "./testing/workflow.fixture.ts";

let shop: Workshop;
let scratch: string;
beforeAll(async () => {
  shop = await startWorkshop();
  scratch = await mkdtemp(join(tmpdir(), "sluice-durable-"));
});
afterAll(async () => {
  await shop.close();
  await rm(scratch, { recursive: true, force: true });
});

const lines = async (name: string): Promise<string[]> =>
  (await readFile(join(scratch, name), "utf8").catch(() => "")).split("\n").filter((line) => line !== "");

test("a command that runs while the server is killed goes on, and is adopted with its end", async () => {
  const file = join(scratch, "adopted");
  const script = `echo began >> ${file}; while [ ! -e ${file}.go ]; do sleep 0.05; done; echo ended >> ${file}; echo answer=42 >> "$SLUICE_OUTPUTS"`;
  const { id } = await shop.run("adopted", {
    stages: [
      { name: "long", run: { script } },
      {
        name: "next",
        needs: ["long"],
        run: { command: ["sh", "-c", `echo next-$1 >> ${file}`, "sh", "{{stages.long.outputs.answer}}"] },
      },
    ],
  });
  await expect.poll(() => lines("adopted")).toEqual(["began"]);
  await shop.server.kill();
  // Its end comes while nobody looks.
  await writeFile(`${file}.go`, "");
  await expect.poll(() => lines("adopted")).toEqual(["began", "ended"]);
  await shop.server.start();
  expect(await shop.ended(id)).toMatchObject({ status: "succeeded" });
  expect(await lines("adopted")).toEqual(["began", "ended", "next-42"]);
});

test("a command whose host died with the server is lost: run again where that is harmless, failed with that reason where not", async () => {
  const script = (name: string) =>
    `echo began >> ${join(scratch, name)}; if [ "$SLUICE_ATTEMPT" = 1 ]; then sleep 300; fi`;
  const { id } = await shop.run("lost", {
    stages: [
      { name: "once", run: { script: script("once") } },
      { name: "again", run: { script: script("again"), idempotent: true } },
    ],
  });
  await expect.poll(() => lines("once")).toEqual(["began"]);
  await expect.poll(() => lines("again")).toEqual(["began"]);
  await shop.server.kill();
  for (const task of ["once", "again"]) killCommand(commandName(shop.dataDir, { run: id, task, attempt: 1 }));
  await shop.server.start();
  const run = await shop.ended(id);
  expect(shop.task(run, "once")).toMatchObject({
    ...{ status: "failed", attempt: 1 },
    reason: "the server died while it ran, and nobody knows how it ended",
  });
  expect(shop.task(run, "again")).toMatchObject({ status: "succeeded", attempt: 2 });
  expect(await lines("once")).toEqual(["began"]);
});

test("killed again and again at any moment, a run comes to its end, and no stage runs twice", async () => {
  const stage = (name: string, needs: string[]) => ({
    name,
    needs,
    run: { script: `echo ${name} >> ${join(scratch, "often")}; sleep 0.2` },
  });
  const { id } = await shop.run("often", {
    stages: [stage("a", []), stage("b", ["a"]), stage("c", ["a"]), stage("d", ["b", "c"]), stage("e", ["d"])],
  });
  for (const wait of [20, 150, 300, 450]) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    await shop.server.kill();
    await shop.server.start();
  }
  expect(await shop.ended(id)).toMatchObject({ status: "succeeded" });
  expect((await lines("often")).sort()).toEqual(["a", "b", "c", "d", "e"]);
});

test("a cancel that was acknowledged before the server was killed is carried out by the next one", async () => {
  const { id } = await shop.run("cancelled", {
    stages: [{ name: "long", run: { script: `echo began >> ${join(scratch, "c")}; sleep 300` } }],
  });
  await expect.poll(() => lines("c")).toEqual(["began"]);
  await shop.server.call("POST", `/v1/workflow-runs/${id}/cancel`);
  await shop.server.kill();
  await shop.server.start();
  expect(await shop.ended(id)).toMatchObject({ status: "cancelled" });
});
