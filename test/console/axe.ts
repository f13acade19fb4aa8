import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { THEMES, WIDTHS } from "./browser.ts";

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Size of targets is of WCAG 2.2, and has to be asked for. */
const RUN = `axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  rules: { "target-size": { enabled: true } },
})`;

/** What is wrong, by rule, with the elements; empty when nothing is. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
  const found = await page.evaluate<AxeResults>(RUN);
  // A page that is not there has nothing wrong with it.
  expect(found.passes.length).toBeGreaterThan(10);
  expect(found.passes.map(({ id }) => id)).toContain("target-size");
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ html, failureSummary }) => `${id} (${help}): ${html.slice(0, 200)} ${failureSummary?.split("\n")[1] ?? ""}`,
    ),
  );
}

/** How a page looks: changed as its user does, by the width of the window and what the system prefers. */
const LOOKS = THEMES.flatMap((theme) => Object.entries(WIDTHS).map(([name, width]) => ({ theme, name, width })));

/** WCAG 2.2 AA as far as a machine can tell, of what the page shows now, in both themes and both widths. */
export async function isForEverybody(page: Page): Promise<void> {
  const found: Record<string, unknown[]> = {};
  for (const { theme, name, width } of LOOKS) {
    await page.evaluate(`document.documentElement.dataset.theme = "${theme}"`);
    await page.setViewportSize({ width, height: 900 });
    const wrong: unknown[] = await violations(page);
    const across = await page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
    if (across > 0) wrong.push(`the page is ${across} pixels wider than the screen`);
    if (wrong.length > 0) found[`${theme}, ${name}`] = wrong;
  }
  expect(found).toEqual({});
}
