import type { TestBrowser } from "../../test/console/browser.ts";
import type { Furnished } from "../../test/console/furnished.ts";
import { PAGES, settled } from "../../test/console/pages.ts";

/** Bytes of JavaScript that a browser without a cache gets before each page stands, as compressed as they travel. */
export async function scriptSizes(
  browser: TestBrowser,
  url: string,
  furnished: Furnished,
): Promise<{ page: string; bytes: number }[]> {
  const sizes: { page: string; bytes: number }[] = [];
  for (const [name, { path }] of Object.entries(PAGES)) {
    await using viewer = await browser.person(url);
    const { page } = viewer;
    const scripts: Promise<number>[] = [];
    page.on("requestfinished", (request) => {
      if (request.resourceType() === "script") scripts.push(request.sizes().then((size) => size.responseBodySize));
    });
    await page.goto(path(furnished));
    await settled(page);
    const bytes = (await Promise.all(scripts)).reduce((sum, size) => sum + size, 0);
    sizes.push({ page: name, bytes });
  }
  return sizes;
}

const LOADS = 10;

/** Milliseconds from an address typed to the heading of what is there; a new profile each time. */
export async function firstLoads(browser: TestBrowser, address: string): Promise<number[]> {
  const times: number[] = [];
  for (let load = 0; load < LOADS; load += 1) {
    await using viewer = await browser.person(new URL(address).origin);
    const begun = performance.now();
    await viewer.page.goto(address, { waitUntil: "commit" });
    await viewer.page.getByRole("main").getByRole("heading", { level: 1 }).waitFor();
    times.push(performance.now() - begun);
  }
  return times;
}
