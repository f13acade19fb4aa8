import { expect, test } from "vitest";
import { selects } from "./selector.ts";

const labels = { app: "web", tier: "front", empty: "" };

test.each([
  ["", true],
  ["app=web", true],
  ["app==web,tier=front", true],
  ["app=web,tier=back", false],
  ["app!=web", false],
  ["other!=web", true],
  ["app in (web, api),tier notin (back)", true],
  ["app notin (web)", false],
  ["other notin (web)", true],
  ["other in (web)", false],
  ["empty", true],
  ["!empty", false],
  ["!other", true],
])("%j: %s", (selector, expected) => expect(selects(selector, labels)).toBe(expected));
