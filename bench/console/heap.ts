import { setTimeout as delay } from "node:timers/promises";
import type { TestBrowser } from "../../test/console/browser.ts";

const MINUTE_MS = 60_000;

/** Bytes of the page's heap after a collection: once it stands, and after every minute of streaming. */
export async function heapGrowth(browser: TestBrowser, address: string, minutes: number): Promise<number[]> {
  await using viewer = await browser.person(new URL(address).origin);
  const { page, context } = viewer;
  await page.goto(address);
  await page.getByText("live", { exact: true }).waitFor();
  const session = await context.newCDPSession(page);
  await session.send("HeapProfiler.enable");
  const used = async (): Promise<number> => {
    await session.send("HeapProfiler.collectGarbage");
    return (await session.send("Runtime.getHeapUsage")).usedSize;
  };
  const readings: number[] = [];
  for (let minute = 0; minute <= minutes; minute += 1) {
    if (minute > 0) await delay(MINUTE_MS);
    readings.push(await used());
  }
  return readings;
}
