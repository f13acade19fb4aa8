import { afterAll, beforeAll, expect, test } from "vitest";
import { canary, ended, newDelivery, reaches } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { sendTraffic } from "../end-to-end/traffic.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { layoutShiftOf, watchLayout } from "./layout-shift.ts";
import { arrive } from "./people.ts";

/** What people see of rollouts that really happen: real servers, real programs, real traffic, a real browser. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

const wait = (seconds: number) => ({ wait: { seconds } });
const approval = { wait: { approval: true } };

/** A deployment of 1.0.0 under load, and the rollout of a version that has this environment. */
async function rolling(name: string, steps: object[], env: Record<string, string> = {}) {
  const greeter = await newDelivery(system, name);
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0", env);
  await greeter.deliver("1.0.0");
  const traffic = sendTraffic(greeter.url, 20);
  const rollout = await greeter.update({ version: "1.1.0", strategy: canary(steps) });
  return { greeter, traffic, rollout, path: `/rollouts/${rollout.id}` };
}

test("whoever watches a canary sees every step as it comes, and nothing on the page moves but what is new", async () => {
  const { rollout, traffic, path } = await rolling("watched", [
    { setWeight: 10 },
    approval,
    { setWeight: 50 },
    approval,
    { setWeight: 75 },
    wait(2),
  ]);
  await using ada = await arrive(browser, system, { name: "ada", role: "approver", path });
  const { page } = ada;
  await watchLayout(page);
  await page.goto(path);
  await page.getByRole("heading", { level: 1, name: /watched in development/ }).waitFor();
  await page.evaluate("window.sameVisit = true");
  for (const weight of [10, 50]) {
    await page.getByText(`${weight} % of the callers`, { exact: false }).first().waitFor();
    await page.getByRole("img", { name: `The candidate's share over time, now ${weight} %` }).waitFor();
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
  }
  await page.getByText("completed").first().waitFor();
  await traffic.stop();
  expect(await ended(system, rollout)).toMatchObject({ phase: "completed" });

  const requests = page.getByRole("row", { name: /Requests in all/ });
  await expect.poll(async () => (await requests.textContent()) ?? "").toMatch(/Requests in all\d/);
  await expect.poll(() => page.getByRole("list", { name: "Phases" }).textContent()).toContain("Stabledone");
  expect(await page.title()).toContain("completed");
  expect(await page.evaluate("window.sameVisit")).toBe(true);
  const shift = await layoutShiftOf(page);
  expect(shift.total, JSON.stringify(shift.worst, null, 2)).toBeLessThanOrEqual(0.02);
});

test("whoever watches a bad one sees it turned back, and why", async () => {
  const { rollout, traffic, path } = await rolling("worse", [{ setWeight: 20 }, wait(600)], { STATUS: "503" });
  await using ada = await arrive(browser, system, { name: "ada", role: "deployer", path });
  const { page } = ada;
  const end = await ended(system, rollout);
  await traffic.stop();
  expect(end.phase).toBe("rolled_back");
  await page.getByRole("heading", { level: 1, name: /worse in development rolled back/ }).waitFor();
  // The sentence is told, too, to those who do not see it come.
  await page
    .getByRole("status")
    .filter({ hasText: /error rate: \d+ of \d+ requests failed on revision 2/ })
    .waitFor();
  await page.getByText("Yes: error rate").waitFor();
  await page.getByRole("list", { name: "Phases" }).getByText("ended here").waitFor();
  const happened = page.getByRole("region", { name: "What happened" });
  await happened
    .getByText(/error rate/)
    .first()
    .waitFor();
  expect(await page.getByRole("button", { name: "Pause" }).count()).toBe(0);
  await page.getByRole("button", { name: "Try again" }).waitFor();
});

test("a rollout is paused, resumed, approved and explained by the keyboard alone", async () => {
  const { rollout, traffic, path } = await rolling("by-keyboard", [{ setWeight: 10 }, approval]);
  await using ada = await arrive(browser, system, { name: "ada", role: "approver", path });
  const { page } = ada;
  await page.getByText("10 % of the callers", { exact: false }).first().waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });

  await page.keyboard.press("p");
  await page.getByText("Waits to be resumed").waitFor();
  await page.keyboard.press("p");
  await page.getByText(/when 1 of 1 approve/).waitFor();

  await page.keyboard.press("r");
  const rollback = page.getByRole("dialog", { name: "Roll back?" });
  await rollback
    .getByText(/All callers go back to version 1\.0\.0 at once \(10 % of them have 1\.1\.0 now\)/)
    .waitFor();
  await page.keyboard.press("Escape");
  await rollback.waitFor({ state: "detached" });

  await page.keyboard.press("a");
  const approve = page.getByRole("dialog", { name: "Approve?" });
  await approve.getByLabel(/Why/).fill("par for the course: r, p and a are letters here");
  await page.keyboard.press("Enter");
  await approve.waitFor({ state: "detached" });
  await page.getByText("completed").first().waitFor();
  await traffic.stop();
  expect(await ended(system, rollout)).toMatchObject({
    phase: "completed",
    approvals: [{ actor: "ada", comment: "par for the course: r, p and a are letters here" }],
  });
});

test("rolling back is one click and one confirmation", async () => {
  const { rollout, traffic, path } = await rolling("one-click", [{ setWeight: 30 }, approval]);
  await using ada = await arrive(browser, system, { name: "ada", role: "deployer", path });
  const { page } = ada;
  await page.getByText("30 % of the callers", { exact: false }).first().waitFor();
  await page.getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
  await page.getByRole("heading", { level: 1, name: /rolled back/ }).waitFor();
  await traffic.stop();
  expect(await ended(system, rollout)).toMatchObject({ phase: "rolled_back", fromVersion: "1.0.0" });
});

test("of two people who decide at once one is heard, and the other is told", async () => {
  const { rollout, traffic, path } = await rolling("two-people", [
    { setWeight: 10 },
    approval,
    { setWeight: 20 },
    wait(600),
  ]);
  await using ada = await arrive(browser, system, { name: "ada", role: "approver", path });
  await using grace = await arrive(browser, system, { name: "grace", role: "approver", path });
  const people = [ada, grace];
  // The one who is late is refused by the server, and the browser notes that.
  for (const person of people) person.expectComplaint(/status of 4\d\d .*\/approve/);
  for (const { page } of people) {
    await page.getByText(/when 1 of 1 approve/).waitFor();
    await page.keyboard.press("a");
    await page.getByRole("dialog", { name: "Approve?" }).waitFor();
  }
  const refusals = people.map(({ page }) => page.getByText("Approve: not done").first());
  // Told for a few seconds, so looked for from the beginning.
  const told = Promise.any(refusals.map((refusal) => refusal.waitFor())).then(() =>
    Promise.all(refusals.map(async (refusal) => (await refusal.count()) > 0)),
  );
  await Promise.all(
    people.map(({ page }) => page.getByRole("dialog").getByRole("button", { name: "Approve" }).click()),
  );
  const now = await reaches(system, rollout, ({ weight }) => weight === 20);
  expect(now.approvals).toHaveLength(1);
  for (const { page } of people) await page.getByText("20 % of the callers", { exact: false }).first().waitFor();
  expect((await told).toSorted()).toEqual([false, true]);
  await traffic.stop();
});

test("a viewer sees everything and is offered nothing", async () => {
  const { rollout, traffic, path } = await rolling("looked-at", [{ setWeight: 10 }, approval]);
  await using vera = await arrive(browser, system, { name: "vera", role: "viewer", path });
  const { page } = vera;
  await page.getByText(/when 1 of 1 approve/).waitFor();
  await page.getByText("Your role, viewer, may look at it.").waitFor();
  for (const name of ["Approve", "Pause", "Roll back", "Promote now", "Cancel"])
    expect(await page.getByRole("button", { name }).count()).toBe(0);
  expect(await page.getByRole("link", { name: "Deploy", exact: true }).count()).toBe(0);
  for (const key of ["a", "p", "r"]) await page.keyboard.press(key);
  expect(await page.getByRole("dialog").count()).toBe(0);
  // Not offered, and not possible either.
  vera.expectComplaint(/status of 403/);
  const status = await page.evaluate<number>(
    `fetch("/v1/rollouts/${rollout.id}/approve", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" }).then(({ status }) => status)`,
  );
  expect(status).toBe(403);
  expect(await reaches(system, rollout, () => true)).toMatchObject({ weight: 10, paused: false, approvals: [] });
  await traffic.stop();
});
