/**
 * A picture of every page of the console, on a server where something has happened: both themes as wide as a laptop, and as
 * narrow as a phone. `npm run web:screenshots [folder]`
 */
import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { startSystem } from "../end-to-end/system.ts";
import { openBrowser, WIDTHS } from "./browser.ts";
import { furnish } from "./furnished.ts";
import { PAGES, settled } from "./pages.ts";

const LOOKS = [
  { name: "light", theme: "light", width: WIDTHS.wide },
  { name: "dark", theme: "dark", width: WIDTHS.wide },
  { name: "narrow", theme: "light", width: WIDTHS.narrow },
] as const;

const folder = resolve(process.argv[2] ?? "screenshots");
await mkdir(folder, { recursive: true });
await using system = await startSystem();
await using browser = await openBrowser();
await using furnished = await furnish(system);
for (const { name: look, theme, width } of LOOKS) {
  await using viewer = await browser.person(system.url, { theme, width });
  const { page } = viewer;
  for (const [name, { path }] of Object.entries(PAGES)) {
    await page.goto(path(furnished));
    await settled(page);
    const file = join(folder, `${name}-${look}.png`);
    await page.screenshot({ path: file, fullPage: true, animations: "disabled", caret: "hide" });
    console.log(file);
  }
}
