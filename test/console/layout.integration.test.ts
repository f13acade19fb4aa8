import { ok } from "@sluice/client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canary, ended, newDelivery } from "../end-to-end/delivery.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { sendTraffic } from "../end-to-end/traffic.ts";
import { openBrowser, type TestBrowser, WIDTHS } from "./browser.ts";
import { layoutShiftOf, watchLayout } from "./layout-shift.ts";
import { settled } from "./pages.ts";

/** Nothing that somebody reads, or is about to press, moves away because of what is new. */
let system: System;
let browser: TestBrowser;

beforeAll(async () => {
  [system, browser] = await Promise.all([startSystem(), openBrowser()]);
});

afterAll(async () => {
  await browser?.[Symbol.asyncDispose]();
  await system?.[Symbol.asyncDispose]();
});

/** As in Core Web Vitals 0.1 is good; what is watched while it matters has half of that, over the whole time. */
const MOST = 0.05;

interface Watched {
  deployment: string;
  rollout: string;
}

/** Every page on which something changes by itself. */
const PAGES: Readonly<Record<string, (of: Watched) => string>> = {
  overview: () => "/",
  rollouts: () => "/rollouts",
  rollout: ({ rollout }) => `/rollouts/${rollout}`,
  deployments: () => "/deployments",
  deployment: ({ deployment }) => `/deployments/${deployment}`,
  logs: ({ deployment }) => `/deployments/${deployment}?tab=logs`,
};

test.each(Object.entries(WIDTHS))(
  "while a canary goes by nothing moves on any page that shows it, %s",
  async (width, pixels) => {
    const name = `watched-${width}`;
    const greeter = await newDelivery(system, name);
    await greeter.publish("1.0.0");
    await greeter.publish("1.1.0");
    const { deployment } = await greeter.deliver("1.0.0");
    await using watchers = new AsyncDisposableStack();
    const traffic = watchers.adopt(sendTraffic(greeter.url, 20), (sent) => sent.stop());
    const wait = { wait: { seconds: 2 } };
    const approval = { wait: { approval: true } };
    const steps = [{ setWeight: 10 }, approval, { setWeight: 40 }, wait, { setWeight: 80 }, wait];
    const rollout = await greeter.update({ version: "1.1.0", strategy: canary(steps) });

    const moved: Record<string, unknown> = {};
    const pages = await Promise.all(
      Object.entries(PAGES).map(async ([what, path]) => {
        // Each has connections of its own: a browser gives six to a server, and a page that listens keeps one.
        const { page } = watchers.use(await browser.person(system.url, { width: pixels }));
        await watchLayout(page);
        await page.goto(path({ deployment, rollout: rollout.id }));
        await settled(page);
        return [what, page] as const;
      }),
    );
    const params = { path: { id: rollout.id, command: "approve" } } as const;
    await ok(system.client.http.POST("/v1/rollouts/{id}/{command}", { params, body: {} }));
    expect(await ended(system, rollout, 120_000)).toMatchObject({ phase: "completed" });
    await traffic.stop();
    for (const [what, page] of pages) {
      if (what === "rollout") await page.getByRole("heading", { level: 1, name: /completed/ }).waitFor();
      const shift = await layoutShiftOf(page);
      if (shift.total > MOST) moved[what] = shift;
    }
    expect(moved, JSON.stringify(moved, null, 2)).toEqual({});
  },
);

test("a page that says why it is empty goes on to say so while it is asked again", async () => {
  await using ada = await browser.person(system.url);
  ada.expectComplaint(/status of 404/);
  const { page } = ada;
  await page.goto("/artifacts/nothing");
  await settled(page);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.evaluate(`
    window.silences = 0;
    const look = () => { if (document.querySelector("h1") === null) window.silences += 1; };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  `);
  const asked = page.waitForResponse((answer) => new URL(answer.url()).pathname === "/v1/artifacts/nothing");
  // As when somebody comes back to it from another tab.
  await page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');
  await asked;
  await settled(page);
  expect(await page.evaluate("window.silences")).toBe(0);
});
