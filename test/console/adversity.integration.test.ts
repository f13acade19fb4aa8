import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "../end-to-end/system.ts";
import { together, watchRequests } from "./answered.ts";
import { openBrowser, type Person, type TestBrowser } from "./browser.ts";
import { type Furnished, furnish } from "./furnished.ts";
import { layoutShiftOf, watchLayout } from "./layout-shift.ts";
import { PAGES, settled } from "./pages.ts";
import { type Fate, startProxy, type TestProxy } from "./proxy.ts";

/** What every page says and does while the server is away, sick or slow. */
let system: System;
let browser: TestBrowser;
let furnished: Furnished;
let tried: AsyncDisposableStack;

/** Somebody whose server is away, one whose server is sick, and one whose server is slow: they look at the same time. */
let lost: Looking;
let sick: Looking;
let slow: Looking;

interface Looking {
  person: Person;
  proxy: TestProxy;
  /** Resolves when everything that the page asked for was answered. */
  answered: () => Promise<void>;
}

beforeAll(async () => {
  tried = new AsyncDisposableStack();
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
  tried.use(system);
  furnished = tried.use(await furnish(system));
  tried.use(browser);
  [lost, sick, slow] = [await look(), await look(), await look()];
  await watchLayout(slow.person.page);
});

afterAll(() => tried.disposeAsync());

async function look(): Promise<Looking> {
  const proxy = tried.use(await startProxy(() => system.url));
  const person = tried.use(await browser.person(proxy.url));
  person.expectComplaint(/ERR_|Failed to load resource/);
  return { person, proxy, answered: watchRequests(person.page) };
}

/** Everything but who is signed in. */
const ofPages = (path: string): boolean => path.startsWith("/v1/") && !path.startsWith("/v1/session");

const unless = (fate: Fate) => (_method: string, path: string) => (ofPages(path) ? fate : undefined);

/** What is on the page, without what changes from moment to moment: figures, times, and what is said of the connection. */
const outline = ({ page }: Person): Promise<string[]> =>
  page
    .getByRole("main")
    .locator("h1, h2, h3, th, label, button, a")
    .evaluateAll((found) => found.map((one) => (one as { innerText?: string }).innerText ?? ""))
    .then((texts) => texts.map((text) => text.replaceAll(/[\d.,:]+/g, "#").trim()));

/** As in Core Web Vitals, where more than this is not good any more. */
const MOST = 0.1;

for (const [name, { path }] of Object.entries(PAGES)) {
  test(`${name}: a lost server is told and mends itself, a sick one is quoted, a slow one moves nothing`, async () => {
    const at = path(furnished);
    await together(loses(at), suffers(at), waits(at));
  });
}

async function loses(at: string): Promise<void> {
  const { person, proxy, answered } = lost;
  const { page } = person;
  const banner = page.getByText(/No connection to the server for/);
  await page.goto(at);
  await settled(page);
  await page.getByText("live", { exact: true }).waitFor();
  await answered();
  await page.evaluate("window.sameVisit = true");
  const before = await outline(person);
  expect(before.length).toBeGreaterThan(0);

  proxy.fate = () => "gone";
  proxy.cut();
  await banner.waitFor();
  expect(await outline(person)).toEqual(before);
  proxy.fate = () => undefined;
  await banner.waitFor({ state: "detached" });
  await page.getByText("live", { exact: true }).waitFor();
  await expect.poll(() => outline(person)).toEqual(before);
  expect(await page.getByRole("alert").count()).toBe(0);
  expect(await page.evaluate("window.sameVisit")).toBe(true);
}

async function suffers(at: string): Promise<void> {
  const { person, proxy, answered } = sick;
  const { page } = person;
  await page.goto(at);
  await settled(page);
  await answered();
  const whole = await outline(person);
  proxy.fate = unless({ status: 500 });
  await page.reload();
  await page.getByRole("alert").getByText(/500/).first().waitFor();
  proxy.fate = () => undefined;
  const again = page.getByRole("button", { name: "Try again" });
  await expect
    .poll(async () => {
      const [button] = await again.all();
      // It may have gone by then: what failed is asked again by itself, too.
      await button?.click({ timeout: 1_000 }).catch(() => undefined);
      return page.getByRole("alert").allInnerTexts();
    })
    .toEqual([]);
  await settled(page);
  await expect.poll(() => outline(person)).toEqual(whole);
}

async function waits(at: string): Promise<void> {
  const { person, proxy, answered } = slow;
  const { page } = person;
  proxy.fate = unless({ delayMs: 1_000 });
  await page.goto(at);
  await page.getByRole("status", { name: "Loading" }).first().waitFor();
  await settled(page);
  await answered();
  const { total, worst } = await layoutShiftOf(page);
  expect(total <= MOST ? [] : worst).toEqual([]);
}
