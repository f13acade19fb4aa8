import { ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canary, newDelivery, reaches } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { sendTraffic } from "../end-to-end/traffic.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { arrive } from "./people.ts";

/** The first page: on an empty server how to begin, and from then on what moves, and what waits for whom. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

test("somebody with an empty server watches the demo from one click, and takes it away again", async () => {
  await using ada = await arrive(browser, system, { name: "ada", role: "admin", path: "/" });
  const { page } = ada;
  await page.getByRole("heading", { level: 1, name: "Begin with Sluice" }).waitFor();
  await page.getByRole("link", { name: "To the form" }).waitFor();
  await page.getByRole("button", { name: "Run the demo" }).click();
  await page.getByRole("heading", { level: 1, name: /demo-greeter in demo/ }).waitFor();
  // Callers come by themselves, and are dealt between both versions.
  await page.getByText("10 % of the callers").first().waitFor();

  await page.getByRole("link", { name: "Overview" }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  const moving = page.getByRole("region", { name: "Moving now" });
  await moving.getByRole("link", { name: "demo-greeter in demo" }).first().waitFor();
  await moving.getByText("Next:").first().waitFor();
  const matrix = page.getByRole("region", { name: "What is where" });
  await matrix.getByRole("link", { name: "1.0.0 of demo-greeter" }).waitFor();

  await page.getByRole("button", { name: "Take the demo away" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take it away" }).click();
  await page.getByRole("heading", { level: 1, name: "Begin with Sluice" }).waitFor();
  await expect.poll(async () => (await ok(system.client.http.GET("/v1/demo"))).demo).toBeNull();
}, 300_000);

test("who only looks is offered nothing to begin with", async () => {
  await using eve = await arrive(browser, system, { name: "eve", role: "viewer", path: "/" });
  await eve.page.getByText("There is nothing to look at yet").waitFor();
  expect(await eve.page.getByRole("main").getByRole("button").count()).toBe(0);
});

test("what waits for an approval waits for those who may give it, and shows up without a reload", async () => {
  const greeter = await newDelivery(system, "asking", "production");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0");
  await greeter.deliver("1.0.0");
  await using grace = await arrive(browser, system, { name: "grace", role: "approver", path: "/" });
  await using eve = await arrive(browser, system, { name: "eve", role: "viewer", path: "/" });
  const waiting = (person: typeof grace) => person.page.getByRole("region", { name: "Waits for you" });
  await waiting(grace).getByText("Nothing waits for you").waitFor();
  const traffic = sendTraffic(greeter.url, 20);
  const steps = [{ setWeight: 20 }, { wait: { approval: true } }];
  const rollout = await greeter.update({ version: "1.1.0", strategy: canary(steps) });
  await reaches(system, rollout, ({ allowedCommands }) => allowedCommands.includes("approve"));
  await waiting(grace).getByText("Your approval").waitFor();
  await eve.page.getByRole("region", { name: "Moving now" }).getByText("20 % of the callers").waitFor();
  await waiting(eve).getByText("Nothing waits for you").waitFor();
  await waiting(grace).getByRole("link").click();
  await grace.page.getByRole("button", { name: "Approve", exact: true }).waitFor();
  await traffic.stop();
}, 300_000);

test("the measures say what they are, and how far back they look is in the address", async () => {
  await using ada = await arrive(browser, system, { name: "ada", role: "viewer", path: "/?days=30" });
  const { page } = ada;
  await page.getByRole("heading", { name: "Rollouts of the last 30 days" }).waitFor();
  await page.getByRole("button", { name: "What is lead time?" }).focus();
  await page.getByRole("tooltip").getByText("From the creation of a version").waitFor();
  await page.getByLabel("How far back").selectOption("90");
  await page.getByRole("heading", { name: "Rollouts of the last 90 days" }).waitFor();
  expect(new URL(page.url()).searchParams.get("days")).toBe("90");
  await page.getByText("The numbers").click();
  await page.getByRole("group", { name: "Rollouts by day and outcome" }).getByRole("row").nth(1).waitFor();
});
