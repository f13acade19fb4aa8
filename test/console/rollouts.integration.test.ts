import { afterAll, beforeAll, expect, test } from "vitest";
import { canary, command, ended, newDelivery } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { arrive } from "./people.ts";

/** The list of rollouts: what it shows of those that really happen, while they do. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

test("a rollout comes, moves and ends in the list by itself, and is found by how it ended", async () => {
  const delivery = await newDelivery(system, "listed");
  for (const version of ["1.0.0", "1.1.0"]) await delivery.publish(version);
  await delivery.deliver("1.0.0");
  await using ada = await arrive(browser, system, { name: "ada", role: "approver", path: "/rollouts" });
  const { page } = ada;
  const rows = page.getByRole("list", { name: "Rollouts" }).getByRole("listitem");
  await rows.filter({ hasText: "nothing → 1.0.0" }).getByText("completed").waitFor();

  const steps = [{ setWeight: 30 }, { wait: { approval: true } }];
  const rollout = await delivery.update({ version: "1.1.0", strategy: canary(steps) });
  const row = rows.filter({ hasText: "1.0.0 → 1.1.0" });
  await row.getByText("30 %").first().waitFor();
  await page.getByLabel("State").selectOption("Under way");
  await expect.poll(() => rows.count()).toBe(1);
  await page.getByLabel("State").selectOption("Ended badly");
  await page.getByText("No rollout is like that").waitFor();
  await command(system, rollout, "rollback");
  await row.getByText("rolled back").first().waitFor();
  expect(await ended(system, rollout)).toMatchObject({ outcome: "rolled_back" });
  expect(new URL(page.url()).searchParams.get("group")).toBe("badly");
});

test("earlier ones are read page by page, and a link leads to each", async () => {
  const delivery = await newDelivery(system, "long");
  await delivery.publish("1.0.0");
  await delivery.deliver("1.0.0");
  for (let number = 1; number <= 30; number += 1) {
    await delivery.publish(`2.0.${number}`);
    await ended(
      system,
      await delivery.update({ version: `2.0.${number}`, strategy: { type: "immediate", keepStableSeconds: 0 } }),
    );
  }
  await using ada = await arrive(browser, system, { name: "bob", role: "viewer", path: "/rollouts?artifact=long" });
  const { page } = ada;
  const rows = page.getByRole("list", { name: "Rollouts" }).getByRole("listitem");
  await expect.poll(() => rows.count()).toBe(25);
  await page.getByRole("button", { name: "Earlier ones" }).click();
  await expect.poll(() => rows.count()).toBe(31);
  expect(await page.getByRole("button", { name: "Earlier ones" }).count()).toBe(0);
  await rows.last().getByRole("link").click();
  await page.getByRole("heading", { level: 1, name: /long in development/ }).waitFor();
});
