import { ok } from "@sluice/client";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ENVIRONMENT, ended, newDelivery } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { deploy } from "./deploying.ts";
import { startProxy, type TestProxy } from "./proxy.ts";

/** The form while the server is away, sick or slow, and where something or somebody stands in the way. */
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

const LOST = /ERR_|Failed to load resource/;

const goTo = (page: Page, artifact: string, environment = ENVIRONMENT) =>
  page.goto(`/deploy?artifact=${artifact}&environment=${environment}`);

/** Another artifact, with a first version. */
async function published(name: string) {
  const greeter = await newDelivery(system, name);
  await greeter.publish("1.0.0");
  return greeter;
}

const deploymentsOf = async (artifact: string) =>
  (await ok(system.client.http.GET("/v1/deployments", { params: { query: { artifact } } }))).items;

const confirm = async (page: Page): Promise<void> => {
  await page.getByRole("main").getByText("can be deployed").waitFor();
  await page.getByRole("main").getByRole("button", { name: "Deploy", exact: true }).click();
};

test("while the server is away, sick or slow nothing of what was written is lost, and it goes on by itself", async () => {
  await published("kept");
  await using ada = await browser.person(proxy.url);
  ada.expectComplaint(LOST);
  const { page } = ada;
  await goTo(page, "kept");
  await page.getByText("can be deployed").waitFor();
  const instances = page.getByLabel("Instances", { exact: true });
  await page.getByLabel("Path of the health check").fill("/healthz");

  proxy.fate = (_method, path) => (path.startsWith("/v1/rollouts/plan") ? { status: 503 } : undefined);
  await instances.fill("2");
  await page.getByRole("main").getByText("no answer").waitFor();
  expect(await page.getByRole("main").getByRole("button", { name: "Deploy", exact: true }).isEnabled()).toBe(false);

  await page.getByRole("region", { name: "sluice.yaml", exact: true }).getByText("replicas: 2").waitFor();
  // Nobody writes anything meanwhile: it is planned all the same as soon as the server answers.
  proxy.fate = () => undefined;
  await page.getByText("can be deployed").waitFor();
  await page.getByText("Health and deadlines").click();
  await page.getByLabel("To finish its work, seconds").fill("3");

  proxy.fate = (_method, path) => (path.startsWith("/v1/rollouts/plan") ? { delayMs: 300 } : undefined);
  await instances.fill("1");
  expect(await ended(system, await deploy(page, system))).toMatchObject({ phase: "completed" });
  const [made] = await deploymentsOf("kept");
  expect(made?.config).toMatchObject({ replicas: 1, stopSeconds: 3, healthCheck: { path: "/healthz" } });
});

test("a double click begins one rollout", async () => {
  await published("once");
  await using ada = await browser.person(proxy.url);
  ada.expectComplaint(LOST);
  const { page } = ada;
  await goTo(page, "once");
  const sent = () => proxy.seen.filter((line) => line === "POST /v1/deployments").length;
  const before = sent();
  await confirm(page);
  await page.getByRole("dialog").getByRole("button", { name: "Deploy" }).dblclick();
  await page.waitForURL(/\/rollouts\/rol_/);
  expect([sent() - before, (await deploymentsOf("once")).length]).toEqual([1, 1]);
});

test("of two people who deploy under the same name one does, and the other is told, and keeps what is written", async () => {
  const greeter = await published("contested");
  await using eve = await browser.person(system.url);
  eve.expectComplaint(/409/);
  const { page } = eve;
  await goTo(page, "contested");
  await page.getByLabel("Path of the health check").fill("/healthz");
  await confirm(page);
  await greeter.create("1.0.0");
  await page.getByRole("dialog").getByRole("button", { name: "Deploy" }).click();
  await page.getByText("Not deployed", { exact: true }).waitFor();
  expect(await page.getByLabel("Path of the health check").inputValue()).toBe("/healthz");
  expect(await deploymentsOf("contested")).toHaveLength(1);
});

test("an environment that is frozen or allows other strategies says so before anything happens", async () => {
  const greeter = await published("held");
  const put = async (protection: object) =>
    expect(await system.send("PUT", "/v1/environments/strict", { tier: "custom", protection })).toMatchObject({
      body: { name: "strict" },
    });
  await put({ freezeWindows: [{ schedule: "0 0 * * *", durationMinutes: 1_440, timezone: "UTC" }] });
  await using ada = await browser.person(system.url);
  const { page } = ada;
  await goTo(page, "held", "strict");
  await page.getByText("Frozen", { exact: true }).waitFor();
  await confirm(page);
  await page.getByRole("dialog").getByText("Nothing starts while the environment is frozen").waitFor();
  await page.keyboard.press("Escape");

  await put({ allowedStrategies: ["blue-green"] });
  await greeter.publish("1.1.0");
  await page.reload();
  await page.getByText("The environment's usual one: blue-green").waitFor({ state: "attached" });
  const strategies = await page.getByLabel("How callers come to it").locator("option").allTextContents();
  expect(strategies.map((text) => text.split(":")[0])).toEqual(["The environment's usual one", "Blue-green"]);
});

test("what fails a check says why beside the button, and is not deployed", async () => {
  await published("starved");
  await using ada = await browser.person(system.url);
  const { page } = ada;
  await goTo(page, "starved", "production");
  await page.getByText("Services that it needs").click();
  await page.getByRole("button", { name: "Add a service" }).click();
  await page.getByLabel("Name of the service").fill("database");
  await page.getByLabel("Asked by").selectOption("tcp");
  await page.getByLabel("Address", { exact: true }).fill("127.0.0.1:1");
  await page.getByText("a check fails").waitFor();
  const checks = page.getByRole("region", { name: "Checks" });
  // What is gravest stands first.
  expect(await checks.getByRole("listitem").first().textContent()).toMatch(/^failed: .*(critical|high): /);
  await checks.getByText(/database.*127\.0\.0\.1:1/).waitFor();
  const button = page.getByRole("main").getByRole("button", { name: "Deploy", exact: true });
  expect(await button.isEnabled()).toBe(false);
  await page.getByRole("button", { name: "Remove the service database" }).click();
  await page.getByText("can be deployed").waitFor();
});
