import { setTimeout as delay } from "node:timers/promises";
import { ok } from "@sluice/client";
import type { TestBrowser } from "../../test/console/browser.ts";
import { until } from "../../test/end-to-end/eventually.ts";
import type { System } from "../../test/end-to-end/system.ts";

const EVENTS = 50;

/** Notes when the heading says something else, once that has been painted: after the frame in which it changed. */
const WATCH = `
  window.painted = [];
  const heading = document.querySelector("main h1");
  let before = heading.textContent;
  new MutationObserver(() => {
    const now = heading.textContent;
    if (now === before) return;
    before = now;
    requestAnimationFrame(() => setTimeout(() => window.painted.push(Date.now())));
  }).observe(heading, { subtree: true, childList: true, characterData: true });
`;

/** Milliseconds from the moment that the server gave an event to the screen that shows it: a rollout is paused and resumed. */
export async function eventsToPixels(browser: TestBrowser, system: System, rollout: string): Promise<number[]> {
  await using viewer = await browser.person(system.url);
  const { page } = viewer;
  await page.goto(`/rollouts/${rollout}`);
  await page.getByText("live", { exact: true }).waitFor();
  await page.evaluate(WATCH);
  const { http } = system.client;
  const times: number[] = [];
  for (let event = 0; event < EVENTS; event += 1) {
    // At any moment between two looks that the page takes by itself.
    await delay(200 + Math.random() * 600);
    const command = event % 2 === 0 ? "pause" : "resume";
    await ok(http.POST("/v1/rollouts/{id}/{command}", { params: { path: { id: rollout, command } }, body: {} }));
    // Asked from here: the page's policy lets no text become a function of its own.
    await until("the screen shows it", () => page.evaluate<boolean>(`window.painted.length > ${event}`));
    const params = { path: { id: rollout }, query: { limit: 200 } };
    const { items } = await ok(http.GET("/v1/rollouts/{id}/events", { params }));
    const painted = await page.evaluate<number>(`window.painted[${event}]`);
    times.push(painted - Date.parse(items.at(-1)?.at ?? ""));
  }
  return times;
}
