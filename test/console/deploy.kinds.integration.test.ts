import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { ok } from "@sluice/client";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../packages/cli/src/program.ts";
import { testIo } from "../../packages/cli/src/testing/io.ts";
import { ENVIRONMENT, ended, newDelivery } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { OTELCOL, WITHOUT_OTELCOL } from "../otelcol/find.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";
import { deploy, textBeside } from "./deploying.ts";

/** Artifacts of every kind, from the form to the end of their rollout. The server has no authentication. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  const path = OTELCOL === null ? {} : { PATH: `${dirname(OTELCOL)}:${process.env.PATH ?? ""}` };
  [system, browser] = await Promise.all([startSystem(path), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

async function register(name: string, kind: "agent" | "model" | "prompt", version: string, spec: object) {
  await ok(system.client.http.POST("/v1/artifacts", { body: { name, kind } }));
  expect(await system.send("POST", `/v1/artifacts/${name}/versions`, { version, spec })).toMatchObject({ status: 201 });
}

const PROGRAM = { command: [process.execPath, "program.mjs"], workdir: "programs" };

const deployment = (id: string) =>
  ok(system.client.http.GET("/v1/deployments/{id}", { params: { path: { id }, query: { environment: ENVIRONMENT } } }));

const goTo = (page: Page, artifact: string) => page.goto(`/deploy?artifact=${artifact}&environment=${ENVIRONMENT}`);

/** As `sluice …` in a terminal with this standard input. */
async function sluice(input: string, ...argv: string[]) {
  const io = testIo({ environment: { SLUICE_URL: system.url }, input });
  const exitCode = await run(argv, io);
  return { exitCode, out: io.out(), err: io.err() };
}

test.each(["agent", "model"] as const)("what is of kind %s and a program comes to answer at its path", async (kind) => {
  await register(`a-${kind}`, kind, "1.0.0", PROGRAM);
  await using ada = await browser.person(system.url);
  const { page } = ada;
  await goTo(page, `a-${kind}`);
  await page.getByLabel("Path of the health check").fill("/healthz");
  expect(await ended(system, await deploy(page, system))).toMatchObject({ phase: "completed" });
  expect((await fetch(`${system.gatewayUrl}/a-${kind}`)).status).toBe(200);
});

test("a prompt has nothing that runs, and can be read where it is deployed", async () => {
  await register("tone", "prompt", "1.0.0", { text: "Be kind to {{who}}.", variables: [{ name: "who" }] });
  await using ada = await browser.person(system.url);
  const { page } = ada;
  await goTo(page, "tone");
  await page.getByText("can be deployed").waitFor();
  expect(await page.getByLabel("Instances", { exact: true }).count()).toBe(0);
  await page.getByLabel("How callers come to it").selectOption("canary");
  expect(await page.getByRole("option", { name: /^Shadow/ }).count()).toBe(0);
  expect(await ended(system, await deploy(page, system))).toMatchObject({ phase: "completed" });
  expect((await deployment("tone")).version).toBe("1.0.0");
});

test("a model of files is served from the form on", async () => {
  const model = (await system.send("POST", "/api/v1/models", { name: "flowers" })).body as { id?: number };
  const version = (await system.send("POST", `/api/v1/models/${model.id}/versions`, {})).body as { id?: number };
  const form = new FormData();
  const file = new URL("../../packages/model-server/fixtures/iris.onnx", import.meta.url);
  form.set("file", new File([await readFile(file)], "model.onnx"));
  await system.client.upload(`/api/v1/versions/${version.id}/upload`, form);
  await using ada = await browser.person(system.url);
  const { page } = ada;
  await goTo(page, "flowers");
  expect(await ended(system, await deploy(page, system))).toMatchObject({ phase: "completed", artifact: "flowers" });
});

test.skipIf(OTELCOL === null)(
  `a template of the library becomes a collector (${OTELCOL ?? WITHOUT_OTELCOL})`,
  async () => {
    await using ada = await browser.person(system.url);
    const { page } = ada;
    await page.goto("/library");
    await page.getByRole("link", { name: "Deploy process-baseline-v1" }).click();
    await page.getByRole("button", { name: "Add it to the project" }).click();
    await page.getByLabel("Environment", { exact: true }).selectOption(ENVIRONMENT);
    expect(await ended(system, await deploy(page, system), 120_000)).toMatchObject({ phase: "completed" });
    const { config, artifact } = await deployment("process-baseline-v1");
    expect({ artifact, path: config.healthCheck.path }).toEqual({ artifact: "process-baseline-v1", path: "/healthz" });
  },
);

test("what is copied does by sluice apply what the button does, whatever is written in the form", async () => {
  const greeter = await newDelivery(system, "whole");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0");
  await using ada = await browser.person(system.url);
  const { page } = ada;
  await page.goto(`/deploy?artifact=whole&version=1.0.0&environment=${ENVIRONMENT}`);
  await page.getByLabel("Path of the health check").fill("/healthz");
  await page.getByText("Health and deadlines").click();
  await page.getByLabel("Asked every, seconds").fill("0.5");
  // A machine that is busy with other tests answers late.
  await page.getByLabel("Answers within, seconds").fill("20");
  await page.getByLabel("To finish its work, seconds").fill("5");
  await page.getByText("Services that it needs").click();
  await page.getByRole("button", { name: "Add a service" }).click();
  await page.getByLabel("Name of the service").fill("gateway");
  await page.getByLabel("Asked by").selectOption("tcp");
  await page.getByLabel("Address", { exact: true }).fill(new URL(system.gatewayUrl).host);
  await page.getByText("How callers are let in").click();
  await page.getByLabel("Callers stay with their version").selectOption("header");
  await page.getByLabel("Name of the header").fill("X-User");
  await page.getByLabel("Answer begins within, ms").fill("20000");
  await page.getByText("Labels", { exact: true }).click();
  await page.getByRole("button", { name: "Add a label" }).click();
  await page.getByLabel("Name", { exact: true }).last().fill("team");
  await page.getByLabel("Value", { exact: true }).last().fill("<b>بحث</b> 🔎");
  const text = (await textBeside(page).textContent()) ?? "";

  expect(await ended(system, await deploy(page, system))).toMatchObject({ phase: "completed" });
  const made = await deployment("whole");
  expect(made).toMatchObject({
    labels: { team: "<b>بحث</b> 🔎" },
    route: { stickiness: { by: "header", name: "x-user" }, timeouts: { responseMs: 20_000 } },
    config: {
      stopSeconds: 5,
      healthCheck: { intervalSeconds: 0.5, timeoutSeconds: 20 },
      dependencies: [{ name: "gateway", type: "tcp", required: true }],
    },
  });
  // What the button did is what the text says: there is nothing to do.
  expect(await sluice(text, "apply", "-f", "-")).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^Deployment whole .*unchanged/m),
  });
  // The page of the rollout goes with its deployment.
  await page.goto("about:blank");
  await greeter.remove();
  await expect.poll(async () => (await system.send("GET", `/v1/deployments/${made.id}`)).status).toBe(404);
  expect(await sluice(text, "apply", "-f", "-", "--wait")).toMatchObject({ exitCode: 0 });
  const { config, route, labels } = await deployment("whole");
  expect({ config, route, labels }).toEqual({ config: made.config, route: made.route, labels: made.labels });
});

test("a metric from elsewhere and every kind of step are planned as they are written", async () => {
  const greeter = await newDelivery(system, "judged");
  await greeter.publish("1.0.0");
  await greeter.publish("1.1.0");
  await greeter.deliver("1.0.0");
  await using ada = await browser.person(system.url);
  ada.expectComplaint(/400 .*\/v1\/rollouts\/plan/);
  const { page } = ada;
  await goTo(page, "judged");
  await page.getByLabel("How callers come to it").selectOption("canary");
  await page.getByText("How it is judged", { exact: true }).first().click();
  await page.getByRole("button", { name: "Add a metric" }).click();
  await page.getByLabel("Name of the metric").fill("tokens");
  await page.getByLabel("Comes from").selectOption("webhook");
  const address = page.getByLabel("Address that is asked");
  await address.fill("nowhere");
  await page
    .locator("main")
    .getByText(/Wanted: /)
    .first()
    .waitFor();
  expect(await address.getAttribute("aria-invalid")).toBe("true");
  await address.fill("http://127.0.0.1:9/{{revision}}");
  const path = page.getByLabel("Where the value stands in its answer");
  await path.fill("$.[");
  await page
    .getByText(/Wanted: a JSONPath/)
    .first()
    .waitFor();
  expect(await path.getAttribute("aria-invalid")).toBe("true");
  await path.fill("$.tokens");

  await page.getByRole("button", { name: "Write the steps yourself" }).click();
  const steps = page.getByRole("group", { name: "Steps, from the first to the last" });
  while ((await steps.getByRole("listitem").count()) > 0)
    await steps.getByRole("button", { name: "Remove step 1" }).click();
  await page.getByText("Wanted: at least one step").or(page.getByText("at least one step")).first().waitFor();
  const types = await stepTypes(page);
  for (const [index, type] of types.entries()) {
    if (index >= (await steps.getByRole("listitem").count()))
      await steps.getByRole("button", { name: "Add a step" }).click();
    await steps.getByLabel(`Step ${index + 1}`, { exact: true }).selectOption(type);
  }
  const hook = steps.getByLabel("Address", { exact: true });
  await hook.fill("ftp://example.com");
  await expect.poll(() => hook.getAttribute("aria-invalid")).toBe("true");
  await hook.fill("https://example.com/hook");
  await page.getByText("can be deployed").waitFor();
  const planned = page.getByRole("list", { name: "Steps by plan" });
  await expect.poll(() => planned.getByRole("listitem").count()).toBe(types.length);
  const { exitCode, out } = await sluice(
    (await textBeside(page).textContent()) ?? "",
    ...["apply", "-f", "-", "--dry-run"],
  );
  expect({ exitCode, out }).toMatchObject({ exitCode: 0, out: expect.stringContaining("judged") });
});

/** Every type of step that the editor offers, in an order in which the share of the callers never falls. */
async function stepTypes(page: Page): Promise<string[]> {
  await page.getByRole("button", { name: "Add a step" }).click();
  const types = await page.getByLabel("Step 1", { exact: true }).locator("option").all();
  return Promise.all(types.map((type) => type.getAttribute("value").then((value) => value ?? "")));
}
