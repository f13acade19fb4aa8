/**
 * The pictures of the README and the guide, made anew: a server where something has happened, and a canary amid its way.
 * `npm run web:pictures [folder]`
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ok } from "@sluice/client";
import type { Page } from "playwright-core";
import { eventually } from "../end-to-end/eventually.ts";
import { type System, startSystem } from "../end-to-end/system.ts";
import { openBrowser, WIDTHS } from "./browser.ts";
import { type Furnished, furnish } from "./furnished.ts";
import { settled } from "./pages.ts";

interface Picture {
  theme: "light" | "dark";
  path: (on: Furnished) => string;
  /** What somebody does before it is taken. */
  before?: (page: Page) => Promise<unknown>;
  /** How much of the page is shown. Pixels. */
  height: number;
}

const PICTURES: Readonly<Record<string, Picture>> = {
  "rollout-light": { theme: "light", path: ({ moving }) => `/rollouts/${moving}`, height: 1_240 },
  "overview-dark": { theme: "dark", path: () => "/", height: 960 },
  "deploy-light": {
    theme: "light",
    path: () => "/deploy?artifact=greeting&environment=staging&version=1.1.0",
    async before(page) {
      await page.getByLabel("How callers come to it").selectOption("canary");
      await page.getByText(/^strategy canary/).waitFor();
    },
    height: 1_100,
  },
  "deployment-light": { theme: "light", path: ({ deployment }) => `/deployments/${deployment}`, height: 700 },
};

/** Enough for curves to be curves: half a minute of them. */
const SAMPLES = 15;

/** As good as it needs to be for letters to stay letters. */
const QUALITY = 0.85;

const folder = resolve(process.argv[2] ?? "docs/pictures");
await mkdir(folder, { recursive: true });
await using system = await startSystem();
await using browser = await openBrowser();
await using furnished = await furnish(system);
await sampled(system, furnished.moving);
for (const [name, { theme, path, before, height }] of Object.entries(PICTURES)) {
  await using viewer = await browser.person(system.url, { theme, width: WIDTHS.wide });
  const { page, context } = viewer;
  await page.setViewportSize({ width: WIDTHS.wide, height });
  await page.goto(path(furnished));
  await settled(page);
  if (before !== undefined) {
    await before(page);
    await settled(page);
  }
  const picture = await page.screenshot({ animations: "disabled", caret: "hide" });
  const small = await asWebp(await context.newPage(), picture);
  const file = join(folder, `${name}.webp`);
  await writeFile(file, small);
  console.log(`${file}: ${Math.round(small.length / 1_000)} kB`);
}

/** Resolves when there is enough to draw. */
async function sampled({ client }: System, id: string): Promise<void> {
  await eventually("the rollout has curves", async () => {
    const { points } = await ok(client.http.GET("/v1/rollouts/{id}/series", { params: { path: { id } } }));
    return points.length >= SAMPLES || undefined;
  });
}

/** The browser writes what browsers read. */
async function asWebp(blank: Page, png: Buffer): Promise<Buffer> {
  const text = await blank.evaluate<string>(`(async () => {
    const bytes = Uint8Array.fromBase64("${png.toString("base64")}");
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/webp", ${QUALITY});
  })()`);
  return Buffer.from(text.slice(text.indexOf(",") + 1), "base64");
}
