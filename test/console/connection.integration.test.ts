import { ok } from "@sluice/client";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { canary, type Delivery, ended, newDelivery, reaches } from "../end-to-end/delivery.ts";
import { until } from "../end-to-end/eventually.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { sendTraffic } from "../end-to-end/traffic.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { startProxy, type TestProxy } from "./proxy.ts";

/** What the console says and does while the server is away, sick, slow, or has less than before. */
let system: System;
let browser: TestBrowser;
let proxy: TestProxy;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
  proxy = await startProxy(() => system.url);
});

afterEach(() => {
  proxy.fate = () => undefined;
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

/** A canary at its first step, until somebody or something says otherwise. */
async function held(name: string, env: Record<string, string> = {}) {
  const greeter: Delivery = await newDelivery(system, name);
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0", env);
  await greeter.deliver("1.0.0");
  const strategy = canary([{ setWeight: 10 }, { wait: { approval: true } }]);
  const rollout = await greeter.update({ version: "1.1.0", strategy });
  // From here on nothing happens to it by itself, and no event has the page ask anew.
  await reaches(system, rollout, ({ steps }) => steps[1]?.status === "running");
  return { greeter, rollout, path: `/rollouts/${rollout.id}` };
}

const LOST = /ERR_|Failed to load resource/;

test("a server that dies is said to be away; when it is back the page shows what happened meanwhile, by itself", async () => {
  const { greeter, rollout, path } = await held("outlived", { STATUS: "500" });
  await using ada = await browser.person(proxy.url);
  ada.expectComplaint(LOST);
  const { page } = ada;
  await page.goto(path);
  await page.getByText(/when 1 of 1 approve/).waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  await page.evaluate("window.sameVisit = true");

  await system.kill();
  await page
    .getByRole("status")
    .getByText(/No connection to the server for/)
    .waitFor();
  // What was there stays, marked as what it is: from before.
  await page.getByRole("heading", { level: 1, name: /outlived in development/ }).waitFor();
  const traffic = sendTraffic(greeter.url, 5);
  await until("the candidate has failed enough", () => traffic.failures.length > 0 && traffic.requests > 500);
  await system.start();
  expect(await ended(system, rollout)).toMatchObject({ phase: "rolled_back" });
  await page.getByRole("heading", { level: 1, name: /outlived in development rolled back/ }).waitFor();
  await page.getByText(/No connection to the server/).waitFor({ state: "detached" });
  await page.getByText("live", { exact: true }).waitFor();
  await page
    .getByRole("region", { name: "What happened" })
    .getByText(/error rate/)
    .first()
    .waitFor();
  expect(await page.evaluate("window.sameVisit")).toBe(true);
  await traffic.stop();
});

test("a server that answers 500 is quoted, and asked again on demand; what was shown before stays", async () => {
  const { path } = await held("sick");
  await using ada = await browser.person(proxy.url);
  ada.expectComplaint(LOST);
  const { page } = ada;
  const isSick = (_method: string, asked: string) => (asked.startsWith("/v1/rollouts/") ? { status: 500 } : undefined);
  proxy.fate = isSick;
  await page.goto(path);
  await page.getByRole("alert").getByText(/500/).waitFor();
  const again = page.getByRole("button", { name: "Try again" });
  const sent = proxy.seen.length;
  await again.click();
  await until("it is asked again", () => proxy.seen.slice(sent).includes(`GET /v1${path}`));
  proxy.fate = () => undefined;
  // It may have gone by then: what failed is asked again by itself, too.
  await again.click({ timeout: 5_000 }).catch(() => undefined);
  await page.getByRole("heading", { level: 1, name: /sick in development/ }).waitFor();

  proxy.fate = isSick;
  const before = proxy.seen.length;
  await until(
    "the page has asked in vain",
    () => proxy.seen.slice(before).filter((one) => one === `GET /v1${path}`).length > 2,
  );
  await page.getByRole("heading", { level: 1, name: /sick in development/ }).waitFor();
  const old = page.getByRole("status").filter({ hasText: "Some of what you see is from before" });
  await old.getByText(/answered 500/).waitFor();
  await page.keyboard.press("p");
  // It is said aloud as well, in a text of its own.
  await page.getByText("Pause: not done", { exact: true }).waitFor();
  proxy.fate = () => undefined;
  await old.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText("Waits to be resumed").waitFor();
});

test("while a slow server makes up its mind the page waits in peace, and a second click does nothing twice", async () => {
  const { rollout, path } = await held("slow");
  await using ada = await browser.person(proxy.url);
  const { page } = ada;
  proxy.fate = (_method, asked) => (asked.startsWith("/v1/") ? { delayMs: 1_500 } : undefined);
  await page.goto(path);
  await page.getByRole("status", { name: "Loading" }).first().waitFor();
  await page.getByText(/when 1 of 1 approve/).waitFor();
  // Long enough to be looked at, by whoever is slow as well.
  proxy.fate = (method) => (method === "POST" ? { delayMs: 6_000 } : undefined);
  const pause = page.getByRole("button", { name: "Pause" });
  const before = proxy.seen.length;
  await pause.dblclick();
  await page.keyboard.press("p");
  expect(await pause.getAttribute("aria-busy")).toBe("true");
  await page.getByText("Waits to be resumed").waitFor();
  const sent = proxy.seen.slice(before).filter((one) => one.startsWith("POST"));
  expect(sent).toEqual([`POST /v1/rollouts/${rollout.id}/pause`]);
});

test("a rollout that is deleted while somebody looks at it is said to be gone, and is asked for no more", async () => {
  const { greeter, rollout, path } = await held("deleted");
  await using ada = await browser.person(proxy.url);
  ada.expectComplaint(/status of 404/);
  const { page } = ada;
  await page.goto(path);
  await page.getByText(/when 1 of 1 approve/).waitFor();
  await greeter.remove();
  await page.getByRole("alert").getByText(`rollout ${rollout.id} does not exist`).waitFor();
  expect(await page.getByRole("button", { name: "Approve" }).count()).toBe(0);
  await page.getByRole("link", { name: "Sluice" }).click();
  await page.getByRole("heading", { level: 1 }).waitFor();
  const asked = proxy.seen.length;
  await page.goBack();
  await page
    .getByRole("alert")
    .getByText(/does not exist/)
    .waitFor();
  expect(proxy.seen.slice(asked).filter((one) => one === `GET /v1${path}`).length).toBeLessThan(4);
});

test("an environment that is deleted while somebody looks at it is said to be gone, and does not stay on the screen", async () => {
  const params = { path: { name: "short-lived" } };
  await ok(system.client.http.PUT("/v1/environments/{name}", { params, body: { tier: "custom" } }));
  await using ada = await browser.person(proxy.url);
  ada.expectComplaint(/status of 404/);
  const { page } = ada;
  await page.goto("/environments/short-lived");
  await page.getByRole("heading", { level: 1, name: /short-lived/ }).waitFor();
  await page.getByText("live", { exact: true }).waitFor();
  await ok(system.client.http.DELETE("/v1/environments/{name}", { params }));
  await page
    .getByRole("alert")
    .filter({ hasText: "This is not there any more" })
    .getByText(/short-lived does not exist/)
    .waitFor();
  expect(await page.getByRole("heading", { level: 1, name: /short-lived/ }).count()).toBe(0);
});
