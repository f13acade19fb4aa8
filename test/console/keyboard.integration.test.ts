import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, type Person, type TestBrowser, WIDTHS } from "./browser.ts";
import { DIALOGUES } from "./dialogues.ts";
import { type Furnished, furnish } from "./furnished.ts";
import { usableOn, walk } from "./keyboard.ts";
import { PAGES, settled } from "./pages.ts";

/** Whoever has no mouse gets everywhere, sees where the focus is, and finds it again where it was. */
let system: System;
let browser: TestBrowser;
let furnished: Furnished;
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

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** There and back again: everything that can be used, once, in the order in which it stands. */
async function isReachable(page: Page): Promise<void> {
  const count = await usableOn(page);
  expect(count).toBeGreaterThan(5);
  const most = 2 * count + 20;
  const there = await walk(page, "Tab", most);
  expect(there).toEqual({ order: upTo(count), complaints: [] });
  const back = await walk(page, "Shift+Tab", most);
  expect(back).toEqual({ order: upTo(count).toReversed(), complaints: [] });
}

test.each(Object.entries(PAGES))("%s is used by the keyboard alone", async (_, { path }) => {
  const { page } = ada;
  for (const width of Object.values(WIDTHS)) {
    // Low enough for pages to be scrolled, under what stays at the top.
    await page.setViewportSize({ width, height: 600 });
    await page.goto(path(furnished));
    await settled(page);
    await isReachable(page);
  }
});

const hasFocus = async (page: Page, locator: Locator): Promise<boolean> =>
  (await locator.and(page.locator(":focus")).count()) === 1;

const isInDialog = (page: Page): Promise<boolean> =>
  page.evaluate<boolean>("document.activeElement.closest('[role=dialog]') !== null");

test.each(Object.entries(DIALOGUES))("%s keeps the focus while it is open, and gives it back", async (_, dialogue) => {
  const { page } = ada;
  await page.goto(dialogue.path(furnished));
  await settled(page);
  const opener = dialogue.opener(page);
  await opener.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await expect.poll(() => isInDialog(page)).toBe(true);
  const inside = await dialog.locator("a[href], button, input, select, textarea, [tabindex='0']").count();
  for (const key of ["Tab", "Shift+Tab"]) {
    for (let step = 0; step <= inside; step += 1) {
      await page.keyboard.press(key);
      expect(await isInDialog(page)).toBe(true);
    }
  }
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await expect.poll(() => hasFocus(page, opener)).toBe(true);
});

test("one dialog that follows another gives the focus back to where the first one was opened", async () => {
  const { page } = ada;
  await page.goto("/settings");
  const opener = page.getByRole("button", { name: "New token" });
  await opener.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "New token" }).getByLabel("Name").fill("kept");
  await page.keyboard.press("Enter");
  const secret = page.getByRole("dialog", { name: "The token kept" });
  // It is closed by saying so, and by nothing else.
  await secret.waitFor();
  await page.keyboard.press("Escape");
  await secret.getByRole("button", { name: "I have kept it" }).focus();
  await page.keyboard.press("Enter");
  await secret.waitFor({ state: "detached" });
  await expect.poll(() => hasFocus(page, opener)).toBe(true);
});

test("the first key on a page skips what all pages have", async () => {
  const { page } = ada;
  await page.goto("/rollouts");
  await settled(page);
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to the page" });
  expect(await hasFocus(page, skip)).toBe(true);
  expect((await skip.boundingBox())?.height).toBeGreaterThan(20);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  expect(await hasFocus(page, page.getByLabel("State"))).toBe(true);
});

test("tabs are chosen by the arrow keys, and the menu of a narrow screen by its own", async () => {
  const { page } = ada;
  await page.goto(`/deployments/${furnished.deployment}`);
  await settled(page);
  await page.getByRole("tab", { name: "Overview" }).focus();
  for (const next of ["Logs", "Revisions"]) {
    await page.keyboard.press("ArrowRight");
    // The focus goes on a moment after the key.
    await expect.poll(() => hasFocus(page, page.getByRole("tab", { name: next }))).toBe(true);
  }
  await page.keyboard.press("Enter");
  await page.getByRole("tab", { name: "Revisions", selected: true }).waitFor();
  await page.waitForURL(/tab=revisions/);

  await page.setViewportSize({ width: WIDTHS.narrow, height: 600 });
  const menu = page.getByRole("button", { name: "Pages" });
  await menu.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => hasFocus(page, menu)).toBe(true);
  await page.keyboard.press("Enter");
  await page.getByRole("menuitem", { name: "Artifacts" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Artifacts" }).waitFor();
});
