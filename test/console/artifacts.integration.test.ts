import { createHash, randomBytes } from "node:crypto";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type Person, type TestBrowser } from "./browser.ts";
import { arrive, signIn, tokenFor } from "./people.ts";
import { startProxy } from "./proxy.ts";

/** What people do with versions: register them, try them, upload what they are made of. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

test("a prompt is made, registered and filled in, all in the browser", async () => {
  await using ada = await arrive(browser, system, { name: "ada", role: "deployer", path: "/artifacts" });
  const { page } = ada;
  await page.getByRole("button", { name: "New artifact" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("salute");
  await page.getByRole("dialog").getByLabel("Kind").selectOption("prompt");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { level: 1, name: /salute/ }).waitFor();
  for (const [version, text] of [
    ["1.0.0", "Hello {{name}}"],
    ["1.1.0", "Hello <b>{{name}}</b> of {{place}} 👋"],
  ] as const) {
    await page.getByRole("button", { name: "Register a version" }).click();
    const form = page.getByRole("dialog");
    await form.getByRole("textbox", { name: "Version" }).fill(version);
    await form.getByRole("textbox", { name: "Text" }).fill(text);
    await form.getByRole("button", { name: "Register", exact: true }).click();
    await page.getByRole("rowheader", { name: version }).waitFor();
  }
  await page.getByRole("link", { name: "Compare 1.1.0" }).click();
  await page.getByText("/variables/1").waitFor();
  await page.getByRole("tab", { name: "Text and preview" }).click();
  await page.getByText("It is shown when every variable has a value.").waitFor();
  await page.getByRole("textbox", { name: "name", exact: true }).fill("{{place}}");
  await page.getByRole("textbox", { name: "place", exact: true }).fill("Delft");
  await page.getByText("Hello <b>{{place}}</b> of Delft 👋").waitFor();
  const { items } = await ok(
    system.client.http.GET("/v1/artifacts/{name}/versions", { params: { path: { name: "salute" } } }),
  );
  expect(items.map(({ version, createdBy }) => [version, createdBy])).toEqual([
    ["1.1.0", "ada"],
    ["1.0.0", "ada"],
  ]);
});

/** The form for a version of an artifact that is there already. */
async function formFor({ page }: Person, artifact: string) {
  await page.goto(`/artifacts/${artifact}`);
  await page.getByRole("button", { name: "Register a version" }).click();
  const form = page.getByRole("dialog");
  await form.getByRole("textbox", { name: "Version" }).waitFor();
  return { form, register: () => form.getByRole("button", { name: "Register", exact: true }).click() };
}

const specOf = async (name: string, version: string): Promise<unknown> => {
  const params = { path: { name, version } };
  return (await ok(system.client.http.GET("/v1/artifacts/{name}/versions/{version}", { params }))).spec;
};

test("a conversation with typed variables is registered; what is wrong is told where it is, and nothing of it is lost", async () => {
  await ok(system.client.http.POST("/v1/artifacts", { body: { name: "clerk", kind: "prompt" } }));
  await using ada = await arrive(browser, system, { name: "ada2", role: "deployer", path: "/artifacts" });
  ada.expectComplaint(/400/);
  const { form, register } = await formFor(ada, "clerk");
  await form.getByRole("textbox", { name: "Version" }).fill("1.0.0");
  await form.getByLabel("What it is").selectOption("messages");
  await form.getByLabel("Role of message 1").selectOption("system");
  await form.getByLabel("Text of message 1").fill("You are {{who}}, born in {{year}}.");
  await form.getByRole("button", { name: "Add a message" }).click();
  await form.getByLabel("Text of message 2").fill("{{question}} مرحبا 👋");
  await form.getByLabel("Value of who").selectOption("default");
  await form.getByLabel("Default of who").fill("a <b>clerk</b>");
  await form.getByLabel("Type of year").selectOption("integer");
  await form.getByLabel("Value of year").selectOption("default");
  const year = form.getByLabel("Default of year");
  for (const [written, problem] of [
    ["nineteen", "Wanted: a value of the variable's type, as JSON"],
    ["19.5", "Wanted: a value of the variable's own type"],
  ] as const) {
    await year.fill(written);
    await register();
    await form.getByText(problem).waitFor();
    // The keyboard is where it is to be mended.
    await form.locator("[aria-invalid=true]:focus").waitFor();
  }
  await year.fill("1912");
  await form.getByLabel("As JSON or YAML").check();
  await form.getByRole("textbox", { name: "Content" }).waitFor();
  await form.getByLabel("In fields").check();
  await register();
  await ada.page.getByRole("rowheader", { name: "1.0.0" }).waitFor();
  expect(await specOf("clerk", "1.0.0")).toEqual({
    messages: [
      { role: "system", content: "You are {{who}}, born in {{year}}." },
      { role: "user", content: "{{question}} مرحبا 👋" },
    ],
    parameters: {},
    variables: [
      { name: "who", default: "a <b>clerk</b>" },
      { name: "year", type: "integer", default: 1912 },
      { name: "question" },
    ],
  });
});

test("a program with what it is made of, a pipeline of its own and files of a model are registered", async () => {
  for (const kind of ["application", "pipeline", "model"] as const) {
    await ok(system.client.http.POST("/v1/artifacts", { body: { name: `made-${kind}`, kind } }));
  }
  await using ada = await arrive(browser, system, { name: "ada3", role: "deployer", path: "/artifacts" });
  ada.expectComplaint(/400/);
  const { page } = ada;
  const registered = () => page.getByRole("rowheader", { name: "1.0.0" }).waitFor();

  const program = await formFor(ada, "made-application");
  await program.form.getByRole("textbox", { name: "Version" }).fill("1.0.0");
  await program.register();
  await program.form.getByText("Wanted: a `command` (a program and its arguments) or an `image`").waitFor();
  await program.form.getByLabel("Command").fill("node\nserver.mjs");
  await program.form.getByText("Components, migrations, SBOM").click();
  await program.form.getByLabel("Migrations").fill("up: [add-column]\ndown: []");
  await program.form.getByLabel("SBOM (JSON)").fill('{"bomFormat": "CycloneDX"}');
  await program.form.getByText("Where it comes from").click();
  await program.form.getByLabel("Commit").fill("4b825dc");
  await program.register();
  await registered();
  await page.getByText("4b825dc").waitFor();
  expect(await specOf("made-application", "1.0.0")).toMatchObject({
    ...{ command: ["node", "server.mjs"], sbom: { bomFormat: "CycloneDX" } },
    migrations: { up: ["add-column"], down: [] },
  });

  const pipeline = await formFor(ada, "made-pipeline");
  await pipeline.form.getByRole("textbox", { name: "Version" }).fill("1.0.0");
  await pipeline.form.getByLabel("What it is").selectOption("second");
  const config = pipeline.form.getByLabel("Configuration of the collector");
  await config.fill("receivers: {}");
  await pipeline.register();
  await pipeline.form.getByText("Wanted: a collector's configuration, with `service`").waitFor();
  await config.fill("exporters: {debug: {verbosity: '{{level}}'}}\nservice: {pipelines: {}}");
  await pipeline.form.getByLabel("JSON Schema").fill("{type: object, properties: {level: {type: string}}}");
  await pipeline.register();
  await registered();
  await page.getByRole("tab", { name: "Configuration" }).click();
  await page.getByText("parameters.level: Wanted: a value").waitFor();
  await page.getByLabel("Parameters (JSON)").fill('{"level": "detailed"}');
  await page.getByRole("button", { name: "Show with these" }).click();
  await page.getByText("verbosity: detailed").waitFor();

  const model = await formFor(ada, "made-model");
  await model.form.getByRole("textbox", { name: "Version" }).fill("1.0.0");
  await model.form.getByLabel("Files").fill("s3://models/iris");
  await model.form.getByLabel("Runtime").fill("onnx");
  await model.form.getByLabel("Manifest").fill('[{"name": "model.onnx"}]');
  await model.register();
  await model.form.getByText("Wanted: a text").waitFor();
  await model.form.getByLabel("Manifest").fill("");
  await model.register();
  await registered();
});

test("of two people who register the same version at once one does, and the other is told so and loses nothing", async () => {
  await ok(system.client.http.POST("/v1/artifacts", { body: { name: "race", kind: "prompt" } }));
  await using ada = await arrive(browser, system, { name: "ada4", role: "deployer", path: "/artifacts" });
  await using bob = await arrive(browser, system, { name: "bob4", role: "deployer", path: "/artifacts" });
  const forms = [];
  for (const person of [ada, bob]) {
    person.expectComplaint(/409/);
    const { form, register } = await formFor(person, "race");
    await form.getByRole("textbox", { name: "Version" }).fill("1.0.0");
    await form.getByRole("textbox", { name: "Text" }).fill(`of ${person === ada ? "ada" : "bob"}`);
    forms.push({ person, form, register });
  }
  await Promise.all(forms.map(({ register }) => register()));
  const outcomes = await Promise.all(
    forms.map(({ person, form }) =>
      Promise.race([
        person.page
          .getByText("Version 1.0.0 is registered", { exact: true })
          .waitFor()
          .then(() => "registered"),
        form
          .getByText(/a version never changes, so give this one another name/)
          .waitFor()
          .then(() => "told"),
      ]),
    ),
  );
  expect(outcomes.toSorted()).toEqual(["registered", "told"]);
  const loser = forms[outcomes.indexOf("told")];
  expect(await loser?.form.getByRole("textbox", { name: "Text" }).inputValue()).toMatch(/^of (ada|bob)$/);
  await loser?.form.getByRole("textbox", { name: "Version" }).fill("1.0.1");
  await loser?.register();
  await loser?.person.page.getByRole("rowheader", { name: "1.0.1" }).waitFor();
});

test("an upload goes on by itself after a cut, after a pause, and after a reload of the page", async () => {
  const content = randomBytes(40_000_000);
  const pieces: string[] = [];
  await using proxy = await startProxy(() => system.url);
  proxy.fate = (method, path) => {
    if (method !== "PATCH") return undefined;
    pieces.push(path);
    return pieces.length === 2 ? { status: 502 } : { delayMs: 300 };
  };
  await using grace = await browser.person(proxy.url);
  // The one is the cut; the other says that a piece had arrived after all, in spite of the pause.
  grace.expectComplaint(/502|409/);
  const { page } = grace;
  await page.goto("/artifacts");
  await signIn(grace, (await tokenFor(system, "grace", "deployer")).token);
  await page.getByRole("button", { name: "New artifact" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("iris");
  await page.getByRole("dialog").getByLabel("Kind").selectOption("model");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("tab", { name: "Files" }).click();
  await page.getByRole("button", { name: "New version" }).click();
  // A real one: it is known again by when it was changed.
  const file = join(system.root, "model.onnx");
  await writeFile(file, content);
  const choose = () => page.getByLabel("Files of version 1").setInputFiles(file);
  await choose();
  await page.getByText(/goes on by itself/).waitFor();
  await page.getByRole("progressbar", { name: "model.onnx, arrived" }).waitFor();
  await expect.poll(() => pieces.length).toBeGreaterThan(3);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText(/^paused at \d+ %/).waitFor();
  await page.getByRole("button", { name: "Go on" }).click();
  await expect.poll(() => pieces.length).toBeGreaterThan(5);
  await page.reload();
  await page.getByText(/choose the same file again to go on/).waitFor();
  const before = pieces.length;
  await choose();
  await page.getByText("READY", { exact: true }).waitFor();
  // Ten pieces make the file: whatever had arrived before the reload did not come again.
  expect(pieces.length - before).toBeLessThan(10);
  await page.getByText(createHash("sha256").update(content).digest("hex")).waitFor();
});

test("whoever may only look is offered nothing else", async () => {
  await using eve = await arrive(browser, system, { name: "eve", role: "viewer", path: "/artifacts" });
  const { page } = eve;
  await page.getByRole("link", { name: "iris" }).click();
  await page.getByRole("tab", { name: "Files" }).click();
  await page.getByText("READY", { exact: true }).waitFor();
  for (const name of ["New version", "Register a version", "New artifact"]) {
    expect(await page.getByRole("button", { name }).count()).toBe(0);
  }
  expect(await page.locator("input[type=file]").count()).toBe(0);
});

test("an upload goes on by itself when the server was killed amid it, and stops where the file has changed", async () => {
  await using other = await startSystem();
  await using proxy = await startProxy(() => other.url);
  // So many pieces pass; the next ones are lost until more may.
  let passing = 2;
  proxy.fate = (method) => {
    if (method !== "PATCH") return undefined;
    passing -= 1;
    return passing < 0 ? "gone" : undefined;
  };
  await using ada = await browser.person(proxy.url);
  ada.expectComplaint(/ERR_|50\d|409|400|Failed to load/);
  const { page } = ada;
  await ok(other.client.http.POST("/api/v1/models", { body: { name: "iris" } }));
  await page.goto("/artifacts/iris?tab=files");
  await page.getByRole("button", { name: "New version" }).click();
  const file = join(other.root, "model.onnx");
  const choose = (path: string) => page.getByLabel("Files of version 1").setInputFiles(path);

  const empty = join(other.root, "model.joblib");
  await writeFile(empty, "");
  await choose(empty);
  await page.getByText("Wanted: a file with content").waitFor();

  const content = randomBytes(16_000_000);
  await writeFile(file, content);
  await choose(file);
  await page.getByText(/goes on by itself/).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText(/^paused at \d+ %/).waitFor();
  await truncate(file, 12_000_000);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText(/cannot be read any more: it was changed/).waitFor();

  await writeFile(file, content);
  passing = 2;
  await choose(file);
  await page.getByText(/goes on by itself/).waitFor();
  await other.kill();
  passing = Number.POSITIVE_INFINITY;
  await other.start();
  await page.getByText("READY", { exact: true }).waitFor();
  await page.getByText(createHash("sha256").update(content).digest("hex")).waitFor();
});
