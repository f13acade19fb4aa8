import { expect, test } from "vitest";
import { createMemory } from "./memory.ts";

const asking = () => {
  let now = 0;
  let asked = 0;
  const remember = createMemory(() => now);
  const next = async (): Promise<number> => {
    asked += 1;
    return asked;
  };
  const pass = (ms: number): void => {
    now += ms;
  };
  return { remember, next, pass };
};

test("an answer holds for its time, and is asked for anew after it", async () => {
  const { remember, next, pass } = asking();
  expect(await Promise.all([remember("a", 100, next), remember("a", 100, next)])).toEqual([1, 1]);
  pass(99);
  expect(await remember("a", 100, next)).toBe(1);
  expect(await remember("b", 100, next)).toBe(2);
  pass(1);
  expect(await remember("a", 100, next)).toBe(3);
});

test("neither failures nor answers that shall not be kept are remembered", async () => {
  const { remember, next } = asking();
  await expect(remember("a", 100, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await remember("a", 100, next, () => false)).toBe(1);
  expect(await remember("a", 100, next)).toBe(2);
  expect(await remember("a", 100, next)).toBe(2);
});
