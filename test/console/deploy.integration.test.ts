import { afterAll, beforeAll, expect, test } from "vitest";
import { parseManifest } from "../../packages/cli/src/manifest/parse.ts";
import { ended, newDelivery } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { deploy, textBeside } from "./deploying.ts";
import { arrive } from "./people.ts";

/** What people deploy by the form: a real server, real programs, a real browser. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

test("a new deployment is planned while it is written, is the same as text, and goes to its rollout", async () => {
  const greeter = await newDelivery(system, "written");
  await greeter.publish("1.0.0");
  await using ada = await arrive(browser, system, { name: "ada-writes", role: "deployer", path: "/deploy" });
  const { page } = ada;
  await page.getByLabel("Artifact").selectOption("written");
  await page.getByLabel("Environment", { exact: true }).selectOption("development");
  await page.getByLabel("Instances", { exact: true }).fill("2");
  await page.getByLabel("Path of the health check").fill("/healthz");
  await page.getByRole("button", { name: "Add a variable" }).click();
  await page.getByLabel("Name", { exact: true }).last().fill("GREETING");
  await page.getByLabel("Value", { exact: true }).fill("<b>hej</b> 👋 مرحبا");

  const text = (await textBeside(page).textContent()) ?? "";
  expect(parseManifest(text, "sluice.yaml")).toMatchObject([
    { kind: "Deployment", name: "written", version: "1.0.0", config: { replicas: 2 }, route: { path: "/written" } },
  ]);

  const rollout = await deploy(page, system);
  expect(await ended(system, rollout)).toMatchObject({ phase: "completed", artifact: "written" });
  expect((await greeter.get()).config).toMatchObject({
    replicas: 2,
    env: { GREETING: "<b>hej</b> 👋 مرحبا" },
    healthCheck: { path: "/healthz" },
  });
});

test("what is there is changed by steps of one's own; what the server would refuse is said at its field before", async () => {
  const greeter = await newDelivery(system, "changed");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0");
  await greeter.deliver("1.0.0");
  const path = "/deploy?artifact=changed&environment=development";
  await using ada = await arrive(browser, system, { name: "ada-changes", role: "deployer", path });
  ada.expectComplaint(/400 .*\/v1\/rollouts\/plan/);
  const { page } = ada;
  await page.getByLabel("How callers come to it").selectOption("canary");
  const instances = page.getByLabel("Instances", { exact: true });
  await instances.fill("many");
  await page.getByText("A number is needed").waitFor();
  await instances.fill("5000");
  await page.getByText("Wanted: at most 1000").first().waitFor();
  expect(await instances.getAttribute("aria-invalid")).toBe("true");
  await instances.fill("1");

  await page.getByRole("button", { name: "Write the steps yourself" }).click();
  const steps = page.getByRole("group", { name: "Steps, from the first to the last" });
  while ((await steps.getByRole("listitem").count()) > 1)
    await steps.getByRole("button", { name: "Remove step 2" }).click();
  await steps.getByLabel("Percent", { exact: true }).fill("20");
  await steps.getByRole("button", { name: "Add a step" }).click();
  await steps.getByLabel("Step 2", { exact: true }).selectOption("approval");
  // By the keyboard: it goes up, and back again.
  await steps.getByRole("button", { name: "Move step 2 up" }).press("Enter");
  expect(await steps.getByLabel("Step 1", { exact: true }).inputValue()).toBe("approval");
  await steps.getByRole("button", { name: "Move step 1 down" }).press("Enter");
  await page.getByRole("list", { name: "Steps by plan" }).getByText("wait for an approval").waitFor();

  const rollout = await deploy(page, system);
  expect(rollout).toMatchObject({
    toVersion: "1.1.0",
    steps: [{ type: "setWeight", weight: 20 }, { type: "wait", approval: true }, { type: "switch" }],
  });
});

test("what has completed goes on to another environment, with the version and the configuration that won", async () => {
  const greeter = await newDelivery(system, "onward");
  await greeter.publish("1.0.0");
  const { id } = await greeter.deliver("1.0.0", {
    config: { healthCheck: { path: "/healthz" }, env: { TONE: "calm" } },
  });
  await greeter.publish("1.1.0");
  await using ada = await arrive(browser, system, { name: "ada-on", role: "deployer", path: `/rollouts/${id}` });
  const { page } = ada;
  await page.getByRole("link", { name: "Deploy to …" }).click();
  await page.getByLabel("Environment", { exact: true }).selectOption("staging");
  const text = textBeside(page);
  await expect.poll(() => text.textContent()).toMatch(/version: 1\.0\.0\nenvironment: staging\n[\s\S]*TONE: calm/);
  expect(await deploy(page, system)).toMatchObject({ environment: "staging", toVersion: "1.0.0" });
});

test("a template of the library becomes an artifact of the project, and is planned with its example", async () => {
  await using ada = await arrive(browser, system, { name: "ada-pipes", role: "deployer", path: "/library" });
  const { page } = ada;
  await page.getByRole("button", { name: "Preview what it becomes" }).first().click();
  await page
    .getByRole("region", { name: /^Configuration that / })
    .getByText("receivers:")
    .waitFor();
  await page.getByRole("link", { name: "Deploy process-topk-v1" }).click();
  await page.getByRole("button", { name: "Add it to the project" }).click();
  await page.getByLabel("Environment", { exact: true }).selectOption("development");
  expect(await page.getByLabel("top_k").inputValue()).toBe("20");
  await page
    .getByRole("main")
    .getByText(/^(can be deployed|a check fails)$/)
    .waitFor();
  const text = (await textBeside(page).textContent()) ?? "";
  expect(parseManifest(text, "sluice.yaml")).toMatchObject([{ artifact: "process-topk-v1", version: "1.0.0" }]);
});

test("a viewer is offered nothing to deploy", async () => {
  await using eve = await arrive(browser, system, { name: "eve-looks", role: "viewer", path: "/deploy" });
  const { page } = eve;
  await page.getByText("Your role, viewer, may look at deployments, not make any").waitFor();
  expect(await page.getByRole("button", { name: "Deploy" }).count()).toBe(0);
  await page.goto("/library");
  await page.getByRole("heading", { name: "process-topk-v1" }).waitFor();
  expect(await page.getByRole("link", { name: /^Deploy process/ }).count()).toBe(0);
});
