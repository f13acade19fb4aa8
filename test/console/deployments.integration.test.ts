import { readFile } from "node:fs/promises";
import { type Deployment, ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CONFIG, type Delivery, ended, IMMEDIATE, newDelivery } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { arrive } from "./people.ts";
import { startProxy } from "./proxy.ts";

/** What people see of deployments, and do to them: real servers, real programs, a real browser. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

/** A deployment of 1.1.0 that was one of 1.0.0 before. */
async function delivered(name: string): Promise<{ delivery: Delivery; deployment: Deployment; path: string }> {
  const delivery = await newDelivery(system, name);
  await delivery.publish("1.0.0");
  await delivery.publish("1.1.0", { GREETING: "<b>hello</b>" });
  await delivery.deliver("1.0.0", { labels: { team: "shop" } });
  await ended(system, await delivery.update({ version: "1.1.0", strategy: IMMEDIATE }));
  const deployment = await delivery.get();
  return { delivery, deployment, path: `/deployments/${deployment.id}` };
}

/** Runs a script that serves its health, under this name. */
async function running(name: string, script: string, at = system): Promise<string> {
  const delivery = await newDelivery(at, name);
  const program = `require("http").createServer((_, response) => response.end()).listen(process.env.PORT);${script}`;
  const body = { version: "1.0.0", spec: { command: [process.execPath, "-e", program] } };
  await ok(at.client.http.POST("/v1/artifacts/{name}/versions", { params: { path: { name } }, body }));
  await delivery.deliver("1.0.0", { config: { ...CONFIG, env: {} } });
  return `/deployments/${(await delivery.get()).id}`;
}

test("what is filtered stands in the address, and a link shows the same to somebody else", async () => {
  await delivered("listed");
  await delivered("unlisted");
  await using ada = await arrive(browser, system, { name: "ada-lists", role: "viewer", path: "/deployments" });
  const { page } = ada;
  await page.getByRole("searchbox").fill("unlisted 1.1");
  await page.getByLabel("Label").selectOption("team=shop");
  await expect
    .poll(() => page.getByRole("list", { name: "Deployments" }).getByRole("link").allTextContents())
    .toEqual(["unlisted"]);
  await page.waitForURL(/q=unlisted/);
  await page.reload();
  expect(await page.getByRole("searchbox").inputValue()).toBe("unlisted 1.1");
  await page.getByRole("link", { name: "unlisted", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: /unlisted in development/ }).waitFor();
});

test("logs come as they are printed, are searched and paused, and can be those of one instance", async () => {
  const path = await running("talking", `let n = 0; setInterval(() => console.log("tick", ++n, "<b>bold</b>"), 50);`);
  await using ada = await arrive(browser, system, { name: "ada-reads", role: "viewer", path: `${path}?tab=logs` });
  const { page } = ada;
  const log = page.getByRole("log");
  await log
    .getByText(/tick \d+ <b>bold<\/b>/)
    .first()
    .waitFor();
  await page.getByLabel("Search").fill("TICK");
  await log.locator("mark").first().waitFor();
  expect(await log.locator("mark").first().textContent()).toBe("tick");
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText(/since the pause/).waitFor();
  const shown = await log.textContent();
  await page.getByText(/\d\d since the pause/).waitFor();
  expect(await log.textContent()).toBe(shown);
  await page.getByRole("button", { name: "Go on" }).click();
  await expect.poll(() => log.textContent()).not.toBe(shown);
  const instance = (await page.getByLabel("Instance", { exact: true }).locator("option").allTextContents())[1] ?? "";
  await page.getByLabel("Instance", { exact: true }).selectOption(instance);
  await log.getByText(instance).first().waitFor();
  expect(new URL(page.url()).searchParams.get("instance")).toContain(instance);
});

test("whatever happens to the server, the lines go on behind the last one, with their times, and are downloaded", async () => {
  // It comes back at another port, where nobody has a session: so one that asks for none.
  await using other = await startSystem();
  const path = await running(
    "surviving",
    `let n = 0; const say = (count) => { while (count-- > 0) console.log("line", ++n); }; say(10);
     require("http").createServer((_, response) => { say(1_000); response.end(); }).listen(0, "127.0.0.1", function () {
       console.log("asked at " + this.address().port); });`,
    other,
  );
  await using proxy = await startProxy(() => other.url);
  await using ada = await browser.person(proxy.url);
  ada.expectComplaint(/ERR_|Failed to load resource/);
  const { page } = ada;
  await page.goto(`${path}?tab=logs`);
  const log = page.getByRole("log");
  await page.getByText("11 lines came").waitFor();
  expect(await log.locator("time").count()).toBe(11);
  expect(await log.locator("time").first().getAttribute("title")).toMatch(/\d{4}, \d{1,2}:\d\d:\d\d\.\d{3} [AP]M \S/);
  const port = /asked at (\d+)/.exec((await log.textContent()) ?? "")?.[1];

  await other.kill();
  await page.getByText(/The connection is lost/).waitFor();
  // Twice as many as are read of the past by whoever comes anew.
  await fetch(`http://127.0.0.1:${port}/`);
  await other.start();
  await page.getByText("1,011 lines came").waitFor();
  await log.getByText("line 1010", { exact: true }).waitFor();
  await log.getByTitle("Nobody looked when it was printed").first().waitFor();

  const begun = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).click();
  const lines = (await readFile(await (await begun).path(), "utf8")).trimEnd().split("\n");
  expect(lines).toHaveLength(1_011);
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \S+ line 1$/);
  expect(lines.at(-1)).toMatch(/^- \S+ line 1010$/);

  await page.getByRole("button", { name: "Hide times" }).click();
  await page.waitForURL(/times=off/);
  expect(await log.locator("time").count()).toBe(0);
});

test("ten thousand lines a second leave the page usable, and it says what it does not keep", async () => {
  const flood = `let n = 0; setInterval(() => {
    let text = ""; for (let i = 0; i < 1_000; i += 1) text += "line " + ++n + "\\n"; process.stdout.write(text); }, 100);`;
  const path = await running("flooding", flood);
  await using ada = await arrive(browser, system, { name: "ada-drowns", role: "viewer", path: `${path}?tab=logs` });
  const { page } = ada;
  await page.getByText(/the first .* are not kept on this page/).waitFor();
  expect(
    await page
      .getByRole("log")
      .getByText(/^line \d+$/)
      .count(),
  ).toBeLessThan(200);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Go on" }).waitFor();
  await page.getByRole("tab", { name: "Configuration" }).click();
  await page.getByRole("heading", { name: "Health check" }).waitFor();
});

test("two revisions are compared, and the earlier one is brought back", async () => {
  const { delivery, path } = await delivered("returning");
  await using ada = await arrive(browser, system, {
    name: "ada-returns",
    role: "deployer",
    path: `${path}?tab=revisions`,
  });
  const { page } = ada;
  await page.getByRole("row", { name: "/spec/env/GREETING added – <b>hello</b>" }).waitFor();
  await page.getByRole("button", { name: /Roll back to this.*r1/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/back to what revision 1 was: version 1.0.0/).waitFor();
  await dialog.getByLabel(/Why/).fill("hello is wrong");
  await dialog.getByRole("button", { name: "Roll back" }).click();
  await page.waitForURL(/\/rollouts\/rol_/);
  await expect.poll(async () => (await delivery.get()).version).toBe("1.0.0");
});

test("a request is tried, and who answered it is told", async () => {
  const { path } = await delivered("asked");
  await using ada = await arrive(browser, system, {
    name: "ada-asks",
    role: "deployer",
    path: `${path}?tab=endpoints`,
  });
  const { page } = ada;
  await page.getByLabel(/Path below/).fill("/env/GREETING");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText(/by revision 2/).waitFor();
  expect(await page.getByRole("region", { name: "Body of the answer" }).textContent()).toBe("<b>hello</b>");
  ada.expectComplaint(/400/);
  await page.getByLabel(/Path below/).fill("/../other");
  await page.getByRole("button", { name: "Send" }).click();
  await page
    .getByText(/without '.' and '..' as segments/)
    .first()
    .waitFor();
});

test("it is scaled, stopped, started, and deleted by whoever types its name", async () => {
  const { delivery, path } = await delivered("operated");
  await using ada = await arrive(browser, system, { name: "ada-operates", role: "deployer", path });
  const { page } = ada;
  const dialog = page.getByRole("dialog");
  const confirmed = async (act: string): Promise<void> => {
    await dialog.getByRole("button", { name: act }).click();
    await dialog.waitFor({ state: "detached" });
  };
  await page.getByRole("button", { name: "Scale" }).click();
  await dialog.getByLabel("Instances").fill("2");
  await confirmed("Scale");
  await expect.poll(async () => (await delivery.get()).split[0]?.instances.ready).toBe(2);
  await page.getByRole("button", { name: "Stop" }).click();
  await dialog.getByText(/callers are answered 503/).waitFor();
  await confirmed("Stop");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await confirmed("Start");
  await page.getByRole("button", { name: "Delete" }).click();
  await dialog.getByLabel(/Type its name/).fill("operate");
  await dialog.getByLabel(/Type its name/).press("Enter");
  expect(await dialog.getByRole("button", { name: "Delete" }).getAttribute("aria-disabled")).toBe("true");
  expect(await delivery.get()).toMatchObject({ name: "operated" });
  await dialog.getByLabel(/Type its name/).fill("operated");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.waitForURL(/\/deployments(\?|$)/);
  await expect
    .poll(
      async () =>
        (await ok(system.client.http.GET("/v1/deployments", { params: { query: { name: "operated" } } }))).items,
    )
    .toEqual([]);
});

test("of several targets each is shown, tried by itself, and commanded through the whole", async () => {
  const targets = ["eu", "us"].map((target) => ({ type: "process" as const, name: target }));
  const environment = { params: { path: { name: "abroad" } }, body: { targets } };
  await ok(system.client.http.PUT("/v1/environments/{name}", environment));
  const delivery = await newDelivery(system, "spread", "abroad");
  await delivery.publish("1.0.0");
  await delivery.deliver("1.0.0");
  const path = `/deployments/${(await delivery.get()).id}`;
  await using ada = await arrive(browser, system, { name: "ada-spreads", role: "deployer", path });
  const { page } = ada;
  await page.getByRole("row", { name: /^us running 1.0.0 r1/ }).waitFor();
  await page.getByRole("tab", { name: "Endpoints" }).click();
  await page.getByLabel("At", { exact: true }).selectOption("us");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByText(/by revision 1/).waitFor();
  await page.getByRole("tab", { name: "Overview" }).click();
  await page.getByRole("link", { name: "us", exact: true }).click();
  await page.getByText(/It is what target us has of/).waitFor();
  expect(await page.getByRole("button", { name: "Delete" }).count()).toBe(0);
});

test("somebody who may only look is offered nothing else", async () => {
  const { path } = await delivered("watched");
  await using vera = await arrive(browser, system, { name: "vera-looks", role: "viewer", path });
  const { page } = vera;
  await page.getByRole("table").first().waitFor();
  for (const act of ["Scale", "Restart", "Stop", "Delete"]) {
    expect(await page.getByRole("button", { name: act }).count(), act).toBe(0);
  }
  await page.getByRole("tab", { name: "Revisions" }).click();
  await page.getByRole("button", { name: /Compare/ }).waitFor();
  expect(await page.getByRole("button", { name: /Roll back/ }).count()).toBe(0);
  await page.getByRole("tab", { name: "Endpoints" }).click();
  await page.getByRole("heading", { name: "Addresses" }).waitFor();
  expect(await page.getByRole("heading", { name: "Try it" }).count()).toBe(0);
});

test("a page of a deployment that is deleted meanwhile says so", async () => {
  const { delivery, path } = await delivered("vanishing");
  await using ada = await arrive(browser, system, { name: "ada-waits", role: "viewer", path });
  ada.expectComplaint(/404/);
  const { page } = ada;
  await page.getByRole("heading", { level: 1, name: /vanishing/ }).waitFor();
  await delivery.remove();
  await page.getByText(/deployment dep_\w+ does not exist/).waitFor();
});
