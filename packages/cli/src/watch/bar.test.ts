import { expect, test } from "vitest";
import { bar, clip } from "./bar.ts";

test("a bar is as wide as it is told, whatever the share", () => {
  for (const share of [-1, 0, 0.001, 0.33, 0.5, 0.999, 1, 7]) expect(bar(share, 10)).toHaveLength(10);
  expect(bar(0, 4)).toBe("░░░░");
  expect(bar(1, 4)).toBe("████");
  expect(bar(0.5625, 4)).toBe("██▎░");
});

test("a text is cut only where it is too long, and says so", () => {
  expect(clip("greeter", 7)).toBe("greeter");
  expect(clip("greeter", 5)).toBe("gree…");
});
