import { ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newDelivery } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type Person, type TestBrowser } from "./browser.ts";
import { arrive } from "./people.ts";

/** What people see of environments, and change of their rules. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

type Body = Parameters<typeof put>[1];

const put = (name: string, body: { tier: "production" | "staging"; protection?: object }) =>
  ok(system.client.http.PUT("/v1/environments/{name}", { params: { path: { name } }, body }));

const get = (name: string) => ok(system.client.http.GET("/v1/environments/{name}", { params: { path: { name } } }));

/** Open at all times, whenever the test runs. */
const ALWAYS = { schedule: "0 0 * * *", durationMinutes: 1_440, timezone: "UTC" };
const GUARDED: Body = { tier: "production", protection: { requiredApprovals: 2, freezeWindows: [ALWAYS] } };

/** What a 400 is in the browser's own log. */
const REFUSED = /status of 400/;

test("a viewer sees the rules, and that nothing begins now, and is not offered to change them", async () => {
  await put("guarded", GUARDED);
  await using vic = await arrive(browser, system, { name: "vic", role: "viewer", path: "/environments" });
  const { page } = vic;
  const card = page.getByRole("article").filter({ hasText: "guarded" });
  await card.getByText("2 by anybody with the role approver, not by who begins the rollout").waitFor();
  await card.getByText(/frozen until/).waitFor();
  await card.getByText("process: ready").waitFor();
  expect(await page.getByRole("button", { name: "New environment" }).count()).toBe(0);

  await card.getByRole("link", { name: "guarded" }).click();
  await page.getByRole("heading", { level: 1, name: "guarded" }).waitFor();
  await page.getByText("open now").waitFor();
  expect(await page.getByText(/Change rules|Edit as text|^Delete$/).count()).toBe(0);
  await page.goto("/environments/guarded?edit=form");
  await page.getByText("open now").waitFor();
  expect(await page.getByRole("button", { name: "Save" }).count()).toBe(0);
});

test("the calendar says of every day what is frozen, and the keyboard reaches the days of every month", async () => {
  await put("frozen", GUARDED);
  const path = "/environments/frozen?month=2026-10";
  await using ada = await arrive(browser, system, { name: "ada-reads", role: "viewer", path });
  const { page } = ada;
  const focused = page.locator(":focus");
  await page.getByRole("button", { name: "Saturday, October 31: frozen all day" }).click();
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => focused.getAttribute("aria-label")).toBe("Sunday, November 1: frozen all day");
  await page.waitForURL(/month=2026-11/);
  await page.keyboard.press("PageDown");
  await expect.poll(() => focused.getAttribute("aria-label")).toBe("Tuesday, December 1: frozen all day");
  await page.getByText("Days and times are those of Europe/Berlin.").waitFor();
  await page.getByText("by the clocks of UTC").waitFor();
});

test("rules are changed in a form, and what the server refuses stands at its field", async () => {
  await put("shaped", GUARDED);
  await using root = await arrive(browser, system, { name: "root", role: "admin", path: "/environments/shaped" });
  root.expectComplaint(REFUSED);
  const { page } = root;
  await page.getByRole("link", { name: "Change rules" }).click();
  const approvals = page.getByLabel("Approvals", { exact: true });
  await approvals.fill("99");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("protection.requiredApprovals").waitFor();
  expect(await approvals.getAttribute("aria-invalid")).toBe("true");
  expect((await get("shaped")).protection.requiredApprovals).toBe(2);

  await approvals.fill("1");
  await page.getByLabel("Approvers").fill("ada, grace");
  await page.getByRole("checkbox", { name: "canary" }).check();
  await page.getByRole("button", { name: "Remove window 1" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("1 by ada or grace, not by who begins the rollout").waitFor();
  await page.getByText("No window: rollouts begin at any time.").waitFor();
  expect(page.url()).not.toContain("edit=");
  expect((await get("shaped")).protection).toMatchObject({
    ...{ requiredApprovals: 1, approvers: ["ada", "grace"], allowedStrategies: ["canary"], freezeWindows: [] },
  });
});

test("the whole specification is edited as text, and never over what somebody else has changed meanwhile", async () => {
  await put("written", GUARDED);
  const path = "/environments/written?edit=text";
  await using root = await arrive(browser, system, { name: "root-writes", role: "admin", path });
  root.expectComplaint(REFUSED);
  const { page } = root;
  const text = page.getByLabel("Specification");
  const before = await text.inputValue();
  const save = page.getByRole("button", { name: "Save" });
  await text.fill(`${before}\ncolour: red`);
  await save.click();
  await page.getByText("colour", { exact: true }).waitFor();
  await text.fill("tier: [");
  await save.click();
  await page
    .getByRole("alert")
    .getByText(/Flow sequence/)
    .waitFor();

  await put("written", { tier: "staging" });
  await text.fill(before);
  await save.click();
  await page.getByText("Somebody has changed this environment since you began.").waitFor();
  expect(await get("written")).toMatchObject({ tier: "staging", protection: { requiredApprovals: 0 } });

  await page.reload();
  await text.fill((await text.inputValue()).replace("tier: staging", "tier: dr"));
  await save.click();
  await expect.poll(async () => (await get("written")).tier).toBe("dr");
});

test("rules that one person changes change for everybody who looks, a form that is open says so, and nothing is reloaded", async () => {
  await put("shared", { tier: "staging" });
  const more = { environment: "shared" };
  const path = "/environments/shared?edit=form";
  await using ada = await arrive(browser, system, { name: "ada-shares", role: "admin", path });
  await using eve = await arrive(browser, system, { name: "eve-lists", role: "viewer", path: "/environments" });
  await using stan = await arrive(browser, system, { name: "stan-shares", role: "admin", path, more });
  const live = (person: Person) => person.page.getByText("live", { exact: true }).waitFor();
  await stan.page.getByLabel("Approvals", { exact: true }).fill("7");
  const card = eve.page.getByRole("article").filter({ hasText: "shared" });
  await card.waitFor();
  await Promise.all([ada, eve, stan].map(live));

  await ada.page.getByLabel("Approvals", { exact: true }).fill("2");
  await ada.page.getByRole("button", { name: "Save" }).click();
  await card.getByText(/^2 by anybody with the role approver/).waitFor();
  // A token that reaches this environment alone hears of it as well.
  await stan.page.getByText(/^2 by anybody with the role approver/).waitFor();
  await stan.page.getByText("Somebody has changed this environment since you began.").waitFor();
  expect(await stan.page.getByLabel("Approvals", { exact: true }).inputValue()).toBe("7");

  for (const person of [ada, stan]) person.expectComplaint(/status of 404/);
  await ok(system.client.http.DELETE("/v1/environments/{name}", { params: { path: { name: "shared" } } }));
  await card.waitFor({ state: "detached" });
  await stan.page
    .getByRole("alert")
    .getByText(/environment shared does not exist/)
    .waitFor();
});

test("an environment is made and deleted; one that something runs in stays", async () => {
  const shop = await newDelivery(system, "shop", "staging");
  await shop.publish("1.0.0");
  await shop.deliver("1.0.0");
  await using root = await arrive(browser, system, { name: "root-makes", role: "admin", path: "/environments" });
  const { page } = root;
  await page.getByRole("button", { name: "New environment" }).click();
  await page.getByLabel("Name").fill("staging");
  await page.getByText("There is one of this name").waitFor();
  await page.getByLabel("Name").fill("qa");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { level: 1, name: "qa" }).waitFor();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { level: 1, name: "Environments" }).waitFor();
  await expect(get("qa")).rejects.toMatchObject({ status: 404 });

  await page.getByRole("link", { name: "staging", exact: true }).click();
  await page.getByRole("row", { name: /shop/ }).getByText("1.0.0").waitFor();
  const remove = page.getByRole("button", { name: "Delete" });
  expect(await remove.getAttribute("aria-disabled")).toBe("true");
  await remove.hover();
  await page.getByRole("tooltip", { name: "Something runs here: remove it first" }).waitFor();
});
