import { fork } from "node:child_process";
import { once } from "node:events";
import { createClient, ok } from "@sluice/client";
import { openBrowser } from "../../test/console/browser.ts";
import { until } from "../../test/end-to-end/eventually.ts";

const DEPLOYMENTS = 5_000;
const AT_ONCE = 10;
const WORDS = ["shop-1", "shop-12", "shop-499", "shop-4", "nothing", "shop", "shop-77", "shop-3", "bench", "shop-20"];

/** From the key to the frame that shows what it left. */
const WATCH = `
  window.filtered = null;
  const told = document.querySelector("main p[role=status]");
  let pressed = 0;
  document.addEventListener("input", () => { pressed = performance.now(); window.filtered = null; }, true);
  new MutationObserver(() =>
    requestAnimationFrame(() => setTimeout(() => { window.filtered = performance.now() - pressed; })),
  ).observe(told, { subtree: true, childList: true, characterData: true });
`;

/** Milliseconds from a change of the filter to the rows that are left, in a list of 5,000 on a server of its own. */
export async function filterMany(): Promise<number[]> {
  const server = fork(new URL("../api.server.ts", import.meta.url).pathname);
  try {
    const [{ api }]: [{ api: string }] = (await once(server, "message")) as [{ api: string }];
    await fill(api);
    await using browser = await openBrowser();
    await using viewer = await browser.person(api);
    const { page } = viewer;
    await page.goto("/deployments");
    await page.getByText(/^5,\d{3} of 5,\d{3}$/).waitFor();
    await page.evaluate(WATCH);
    const field = page.getByRole("searchbox");
    const times: number[] = [];
    for (const word of WORDS) {
      await field.fill(word);
      await until("the rows are filtered", () => page.evaluate<boolean>("window.filtered !== null"));
      times.push(await page.evaluate<number>("window.filtered"));
    }
    return times;
  } finally {
    if (server.connected) server.disconnect();
    if (server.exitCode === null) await once(server, "exit");
  }
}

async function fill(url: string): Promise<void> {
  const { http } = createClient({ url });
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < DEPLOYMENTS) {
      next += 1;
      const body = { name: `shop-${next}`, artifact: "bench", version: "1.0.0", environment: "development" };
      await ok(http.POST("/v1/deployments", { body }));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
