import { ok } from "@sluice/client";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type System, startSystem } from "../end-to-end/system.ts";
import { together, watchRequests } from "./answered.ts";
import { openBrowser, type Person, type TestBrowser } from "./browser.ts";
import { type Furnished, furnish } from "./furnished.ts";
import { PAGES, settled } from "./pages.ts";
import { arrive, signIn, tokenFor } from "./people.ts";

/** Nobody sees what is not theirs, nor is offered what is not for them: on every page, at its address and in every list. */
let system: System;
let browser: TestBrowser;
let furnished: Furnished;
let tried: AsyncDisposableStack;
/** What a project has, by the names and ids that would give it away to another one. */
let secrets: string[];

/** Of another project, of one environment, without any right to change something, and a tab in which two sign in by turns. */
let mole: Reader;
let stan: Reader;
let vic: Reader;
let tab: Reader;

interface Reader extends Person {
  /** Resolves when everything that the page asked for was answered. */
  answered: () => Promise<void>;
}

const reading = (person: Person): Reader => ({ ...person, answered: watchRequests(person.page) });

beforeAll(async () => {
  tried = new AsyncDisposableStack();
  [system, browser] = await Promise.all([startSystem({ SLUICE_AUTH: "on" }), openBrowser()]);
  tried.use(system);
  furnished = tried.use(await furnish(system));
  tried.use(browser);
  const names = [
    "storefront",
    "greeting",
    "checkout",
    "flowers",
    "order-traces",
    "bookkeeper",
    "canary-eu",
    "on-call",
    "DATABASE_PASSWORD",
  ];
  secrets = [...names, "wallboard", furnished.moving, furnished.turnedBack, furnished.deployment];
  await ok(system.client.http.POST("/v1/projects", { body: { name: "elsewhere" } }));
  const arriving = async (name: string, role: "admin" | "viewer", more = {}): Promise<Reader> =>
    reading(tried.use(await arrive(browser, system, { name, role, path: "/library", more })));
  mole = await arriving("mole", "admin", { project: "elsewhere" });
  stan = await arriving("stan", "admin", { environment: "staging" });
  vic = await arriving("vic", "viewer");
  tab = reading(tried.use(await browser.person(system.url)));
  // What the browser notes of answers that refuse.
  for (const person of [mole, stan, tab]) person.expectComplaint(/status of 40[134]/);
});

afterAll(() => tried.disposeAsync());

/** Pages that are the same in every project, or begin with nothing. */
const COMMON = new Set(["library", "deploy-begun", "settings-roles", "settings-servers"]);

/** What has an address of its own. */
const isOfOne = (at: string): boolean => /^\/(rollouts|deployments|artifacts|environments)\/./.test(at);

for (const [name, { path }] of Object.entries(PAGES)) {
  test(`${name}: nothing of others is shown, left behind or offered`, async () => {
    // What was done to tokens here has pushed everything else from the first page of the log.
    const at = name === "audit" ? "/audit?action=secret.create" : path(furnished);
    await together(
      staysForeign(at),
      staysInItsEnvironment(at),
      changesNothing(name, at),
      leavesNothing(at, COMMON.has(name)),
    );
  });
}

/** What is given away by anything in the document, its title and its attributes; not by the address that the person wrote. */
async function given(page: Page, at: string): Promise<string[]> {
  const text = await page.content();
  return secrets.filter((one) => !at.includes(one) && text.includes(one));
}

/** The page, or what is said in its place. */
async function shown({ page, answered }: Reader): Promise<void> {
  await page.getByRole("main").waitFor();
  await page.getByRole("status", { name: "Loading" }).first().waitFor({ state: "detached" });
  await answered();
}

async function staysForeign(at: string): Promise<void> {
  await mole.page.goto(`${at}${at.includes("?") ? "&" : "?"}project=default`);
  await shown(mole);
  expect(await given(mole.page, at)).toEqual([]);
  // Said not to be there, and not to be somebody else's.
  if (isOfOne(at)) await refused(mole.page, /does not exist/);
}

async function staysInItsEnvironment(at: string): Promise<void> {
  await stan.page.goto(at);
  await shown(stan);
  const text = await stan.page.content();
  const { moving, turnedBack, deployment } = furnished;
  const ids = [moving, turnedBack, deployment].filter((id) => !at.includes(id) && text.includes(id));
  expect(ids).toEqual([]);
  if (!isOfOne(at) || at.startsWith("/artifacts/")) return;
  await refused(stan.page, /may not|does not exist/);
  expect(await stan.page.getByRole("main").getByText("storefront").count()).toBe(0);
}

const refused = (page: Page, words: RegExp): Promise<void> =>
  page.getByRole("alert").getByText(words).first().waitFor();

async function leavesNothing(at: string, isCommon: boolean): Promise<void> {
  const { page, context } = tab;
  const ada = await tokenFor(system, "ada", "admin");
  const other = await tokenFor(system, "mole", "admin", { project: "elsewhere" });
  await context.clearCookies();
  await page.goto(at);
  await signIn(tab, ada.token);
  await settled(page);
  await tab.answered();
  if (!isCommon) expect(await given(page, "")).not.toEqual([]);

  await ok(system.client.http.DELETE("/v1/tokens/{id}", { params: { path: { id: ada.id } } }));
  await page.getByRole("heading", { level: 1, name: "Sign in to Sluice" }).waitFor();
  expect(await given(page, "")).toEqual([]);
  // In the same tab: all that was asked before is still in its memory, if it was not forgotten.
  await signIn(tab, other.token);
  await shown(tab);
  expect(await given(page, at)).toEqual([]);
}

/** A line of what a page is to those who do not see it: a role, and a name where it has one. */
const CONTROL =
  /^\s*- '?(button|menuitem|switch|checkbox|textbox|combobox|radio|slider|tab)(?: "(.*?)")?(?=[\s:'[]|$)/gm;

/** What shows something else, or takes something along, and changes nothing; by its role and its name. */
const HARMLESS: readonly RegExp[] = [
  /^tab /,
  /^button (Dark theme|Light theme|Keys|Sign out|Earlier ones|Show all|The month before|The next month)$/,
  /^button (Copy|Detail of entry \d+$|What is |Compare r\d+ with |Verify$|Preview what it becomes$|Show with these$)/,
  // A day of the calendar, a version by the beginning of its digest, and the tail of a log, which is held for the viewer alone.
  /^button (\w+day, \w+ \d+: (frozen|rollouts may begin)|[0-9a-f]{12}$|Pause$|(Hide|Show) times$)/,
  /^combobox (Artifact|Environment|From|To|How far back|Instance|Kind|Label|Quantile of latency|Revision|Runs in|State|Status|Version)$/,
  // The last two are for previews: a variable of a prompt, and the parameters of a pipeline.
  /^textbox (From|To, that day included|Of what|What|Who|customer|Parameters \(JSON\))$/,
];

async function changesNothing(name: string, at: string): Promise<void> {
  const { page, answered } = vic;
  await page.goto(at);
  await settled(page);
  await answered();
  const tree = await page.locator("body").ariaSnapshot();
  const offered = new Set([...tree.matchAll(CONTROL)].map(([, role, named = ""]) => `${role} ${named}`));
  const links = await page.locator("a").evaluateAll((found) => found.map((one) => one.getAttribute("href") ?? ""));
  for (const to of links) if (/^\/deploy\b|[?&]edit=/.test(to)) offered.add(`link ${to}`);
  // On the page of a rollout that same word would hold it for everybody.
  if (name.startsWith("rollout")) expect(offered).not.toContain("button Pause");
  expect([name, [...offered].filter((control) => !HARMLESS.some((like) => like.test(control)))]).toEqual([name, []]);
}
