import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "../end-to-end/system.ts";
import { isForEverybody } from "./axe.ts";
import { openBrowser, type Person, type TestBrowser, WIDTHS } from "./browser.ts";
import { DIALOGUES } from "./dialogues.ts";
import { type Furnished, furnish } from "./furnished.ts";
import { PAGES, settled } from "./pages.ts";
import { signIn, tokenFor } from "./people.ts";

/** Every page, and everything that opens over one, in both themes and both widths. */
let system: System;
let browser: TestBrowser;
let furnished: Furnished;
/** One visit for all: what is long open has to be right, too. */
let ada: Person;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
  furnished = await furnish(system);
  ada = await browser.person(system.url);
});

afterAll(async () => {
  await ada?.[Symbol.asyncDispose]();
  await furnished?.[Symbol.asyncDispose]();
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

test.each(Object.entries(PAGES))("%s is for everybody", async (_, { path }) => {
  await ada.page.goto(path(furnished));
  await settled(ada.page);
  await isForEverybody(ada.page);
  expect(ada.complaints).toEqual([]);
});

test.each(Object.entries(DIALOGUES))("%s is for everybody", async (_, { path, opener }) => {
  const { page } = ada;
  await page.goto(path(furnished));
  await settled(page);
  await opener(page).click();
  await page.getByRole("dialog").waitFor();
  await isForEverybody(page);
  expect(ada.complaints).toEqual([]);
});

test("the menu of a narrow screen is for everybody", async () => {
  const { page } = ada;
  await page.setViewportSize({ width: WIDTHS.narrow, height: 900 });
  await page.goto("/");
  await settled(page);
  await page.getByRole("button", { name: "Pages" }).click();
  await page.getByRole("menu").waitFor();
  await isForEverybody(page);
});

test("a token that is shown once is for everybody", async () => {
  const { page } = ada;
  await page.goto("/settings");
  await page.getByRole("button", { name: "New token" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("on-screen");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "The token on-screen" }).waitFor();
  await isForEverybody(page);
});

test("an address of nothing is for everybody", async () => {
  await ada.page.goto("/no/such/page");
  await ada.page.getByRole("heading", { level: 1, name: "There is nothing at this address" }).waitFor();
  await isForEverybody(ada.page);
});

test.each(["rollouts", "deployments", "artifacts", "environments"])(
  "one of %s that is not there is for everybody",
  async (noun) => {
    await using grace = await browser.person(system.url);
    grace.expectComplaint(/status of 404/);
    await grace.page.goto(`/${noun}/nothing`);
    await settled(grace.page);
    await isForEverybody(grace.page);
  },
);

test("signing in, being refused, and an empty server are for everybody", async () => {
  await using closed = await startSystem({ SLUICE_AUTH: "on" });
  await using grace = await browser.person(closed.url);
  grace.expectComplaint(/status of 401 .*\/v1\/session/);
  const { page } = grace;
  await page.goto("/");
  await page.getByLabel("Token").waitFor();
  await isForEverybody(page);
  await page.getByLabel("Token").fill("slc_nobody-has-this");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await isForEverybody(page);
  const { token } = await tokenFor(closed, "grace", "admin");
  await signIn(grace, token);
  await page.getByRole("heading", { level: 1, name: "Begin with Sluice" }).waitFor();
  await settled(page);
  await isForEverybody(page);
});
