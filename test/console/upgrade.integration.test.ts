import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { startProxy, type TestProxy } from "./proxy.ts";

/** A tab that stays open while the server is renewed, or away: what it has not loaded yet is not there, or not the same. */
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

const EXPECTED = /ERR_|Failed to load resource|this page did not load/;

/** Somebody on the list of rollouts, who has loaded no other page. */
async function onRollouts() {
  const ada = await browser.person(proxy.url);
  ada.expectComplaint(EXPECTED);
  await ada.page.goto("/rollouts");
  await ada.page.getByRole("heading", { level: 1, name: "Rollouts" }).waitFor();
  await ada.page.getByText("live", { exact: true }).waitFor();
  await ada.page.evaluate("window.sameVisit = true");
  return ada;
}

/** As after an upgrade: every file has another name. */
const renewed: TestProxy["fate"] = (_method, path) => (path.startsWith("/assets/") ? { status: 404 } : undefined);

test("a page that the new version has by another name says so within the old one, and comes by a reload", async () => {
  await using ada = await onRollouts();
  const { page } = ada;
  proxy.fate = renewed;
  await page.getByRole("link", { name: "Environments" }).click();
  await page.getByText("A new version of the console is there").first().waitFor();
  expect(await page.evaluate("window.sameVisit")).toBe(true);
  // What is loaded already can be gone back to.
  await page.getByRole("link", { name: "Rollouts" }).click();
  await page.getByRole("heading", { level: 1, name: "Rollouts" }).waitFor();
  await page.goBack();
  const reload = page.getByRole("main").getByRole("button", { name: "Reload" });
  await reload.waitFor();
  proxy.fate = () => undefined;
  await reload.click();
  await page.getByRole("heading", { level: 1, name: "Environments" }).waitFor();
  expect(await page.evaluate("window.sameVisit")).toBeUndefined();
});

test("an upgrade behind an open tab is told without a word in between, and may wait", async () => {
  await using ada = await onRollouts();
  const { page } = ada;
  await system.kill();
  await page.getByText(/No connection to the server for/).waitFor();
  proxy.fate = renewed;
  await system.start();
  const told = page.getByRole("status").filter({ hasText: "A new version of the console is there" });
  await told.waitFor();
  await page.getByText(/No connection to the server for/).waitFor({ state: "detached" });
  await told.getByRole("button", { name: "Later" }).click();
  await told.waitFor({ state: "detached" });
  expect(await page.evaluate("window.sameVisit")).toBe(true);
});

test("a server that comes back as it was is no new version", async () => {
  await using ada = await onRollouts();
  const { page } = ada;
  await system.kill();
  await page.getByText(/No connection to the server for/).waitFor();
  const looked = page.waitForResponse((response) => response.request().method() === "HEAD");
  await system.start();
  expect((await looked).status()).toBe(200);
  await page.getByText(/No connection to the server for/).waitFor({ state: "detached" });
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
  expect(await page.getByText("A new version of the console is there").count()).toBe(0);
});

test("a page that was lost on its way comes by itself", async () => {
  await using ada = await onRollouts();
  const { page } = ada;
  let lost = 0;
  proxy.fate = (_method, path) => {
    if (!path.startsWith("/assets/environments.page-") || lost > 0) return;
    lost += 1;
    return "gone";
  };
  await page.getByRole("link", { name: "Environments" }).click();
  await page.getByRole("heading", { level: 1, name: "Environments" }).waitFor();
  expect(lost).toBe(1);
});

test("a page that never comes is loaded anew once, and then waits for whoever looks at it", async () => {
  await using ada = await onRollouts();
  const { page } = ada;
  const before = proxy.seen.length;
  proxy.fate = (_method, path) => (path.startsWith("/assets/audit.page-") ? "gone" : undefined);
  await page.goto("/audit");
  await page.getByText("This page did not load").waitFor();
  await page.getByRole("main").getByRole("button", { name: "Reload" }).waitFor();
  expect(proxy.seen.slice(before).filter((one) => one === "GET /audit")).toHaveLength(2);
  await page.getByRole("link", { name: "Rollouts" }).click();
  await page.getByRole("heading", { level: 1, name: "Rollouts" }).waitFor();
});

test("a page that is opened while the server is away comes when it is back", async () => {
  await using ada = await onRollouts();
  const { page } = ada;
  await system.kill();
  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByText("The server does not answer").waitFor();
  await system.start();
  await page.getByRole("heading", { level: 1, name: "Audit" }).waitFor();
});

test("whoever opens the console while its data is out of reach is let in as soon as it is not", async () => {
  await using ada = await browser.person(proxy.url);
  ada.expectComplaint(EXPECTED);
  const { page } = ada;
  proxy.fate = (_method, path) => (path.startsWith("/v1/") ? "gone" : undefined);
  await page.goto("/rollouts");
  await page.getByRole("alert").getByText("The server does not answer").waitFor();
  proxy.fate = () => undefined;
  await page.getByRole("heading", { level: 1, name: "Rollouts" }).waitFor();
});
