import type { Page } from "playwright-core";

/** Where the focus stands after a key. */
interface Stop {
  /** Which of the elements that can be used, in the order of the document; null: none of them. */
  readonly index: number | null;
  /** The element, for failures; null: the focus has left the page. */
  readonly what: string | null;
  /** Whether it is seen that the focus is here. */
  readonly isMarked: boolean;
  /** Whether at least a part of it is in sight, and under nothing else. */
  readonly isInSight: boolean;
}

/** One way through a page. */
export interface Walk {
  readonly order: readonly (number | null)[];
  /** What is wrong with single stops, in words. */
  readonly complaints: readonly string[];
}

/**
 * Numbers what can be used on the page now, and answers how many they are. Of a group that takes the arrow keys (tabs, a
 * calendar, radio buttons) one member counts, as the patterns of WAI-ARIA have it.
 */
const NUMBER = `(() => {
  const composite = "[role=tablist], [role=radiogroup], [role=grid], [role=menu], [role=listbox], [role=toolbar]";
  const isSeen = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  const isOtherRadio = (element) => {
    if (element.type !== "radio" || element.checked) return false;
    const group = [...document.querySelectorAll("input[type=radio]")].filter(({ name, form }) => name === element.name && form === element.form);
    return group.some(({ checked }) => checked) || group[0] !== element;
  };
  const usable = "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1']), [contenteditable=true]";
  const found = [...document.querySelectorAll(usable)].filter((element) =>
    isSeen(element) && !element.disabled && element.type !== "hidden" && !isOtherRadio(element) &&
    !element.hasAttribute("data-radix-focus-guard") && (element.tabIndex >= 0 || element.closest(composite) === null));
  for (const old of document.querySelectorAll("[data-walk]")) old.removeAttribute("data-walk");
  found.forEach((element, index) => element.setAttribute("data-walk", String(index)));
  return found.length;
})()`;

const STOP = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body || element === document.documentElement)
    return { index: null, what: null, isMarked: false, isInSight: false };
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const left = Math.max(box.left, 0), right = Math.min(box.right, innerWidth);
  const top = Math.max(box.top, 0), bottom = Math.min(box.bottom, innerHeight);
  const parts = [0.02, 0.25, 0.5, 0.75, 0.98];
  const isInSight = right > left && bottom > top && parts.some((across) => parts.some((down) => {
    const hit = document.elementFromPoint(left + (right - left) * across, top + (bottom - top) * down);
    return hit !== null && (element.contains(hit) || hit.contains(element));
  }));
  // A group that takes the arrow keys hands the focus on to one of its members.
  const numbered = element.hasAttribute("data-walk") ? element : element.closest("[role][data-walk]");
  return {
    index: numbered === null ? null : Number(numbered.getAttribute("data-walk")),
    what: element.outerHTML.slice(0, 200),
    isMarked: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    isInSight,
  };
})()`;

/** How many elements can be used by the keyboard now on the page. */
export const usableOn = (page: Page): Promise<number> => page.evaluate<number>(NUMBER);

/** As somebody does who presses `key` until there is nothing more; `most` stops at the longest. */
export async function walk(page: Page, key: "Tab" | "Shift+Tab", most: number): Promise<Walk> {
  const order: (number | null)[] = [];
  const complaints: string[] = [];
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press(key);
    const { index, what, isMarked, isInSight } = await page.evaluate<Stop>(STOP);
    if (what === null) break;
    if (index === null) complaints.push(`nobody expects the focus on ${what}`);
    if (!isMarked) complaints.push(`the focus is not seen on ${what}`);
    if (!isInSight) complaints.push(`out of sight, or under something: ${what}`);
    // A date is three fields in one.
    if (index === null || index !== order.at(-1)) order.push(index);
  }
  return { order, complaints };
}
