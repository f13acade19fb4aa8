import type { Page } from "playwright-core";

/** How much of what was there moved without anybody's doing, since it is watched. */
export interface LayoutShift {
  /** As in Core Web Vitals, but of the whole time: the part of the screen times the part of its height. */
  total: number;
  /** What moved most, for failures. */
  worst: { value: number; what: string[] }[];
}

const WATCH = `
  window.layoutShift = { total: 0, worst: [] };
  const nameOf = (node) => node === null ? "what is gone" : (node.outerHTML ?? node.textContent).slice(0, 160);
  const placeOf = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (hadRecentInput) continue;
      window.layoutShift.total += value;
      window.layoutShift.worst.push({ value, what: sources.map(({ node, previousRect, currentRect }) =>
        placeOf(previousRect) + " to " + placeOf(currentRect) + ": " + nameOf(node)) });
      window.layoutShift.worst.sort((left, right) => right.value - left.value).splice(5);
    }
  }).observe({ type: "layout-shift", buffered: true });
`;

/** Watches every page that is opened from now on. */
export const watchLayout = (page: Page): Promise<unknown> => page.addInitScript({ content: WATCH });

export const layoutShiftOf = (page: Page): Promise<LayoutShift> => page.evaluate<LayoutShift>("window.layoutShift");
