import { expect, test } from "vitest";
import { createSlots } from "./slots.ts";

test("no more work than there is room for is done at once, in the order it came, and too much is refused", async () => {
  const slots = createSlots(2, 2);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const work = (id: number) =>
    slots.run(async () => {
      begun.push(id);
      await new Promise<void>((resolve) => ends.push(resolve));
      return id;
    });
  const all = [work(1), work(2), work(3), work(4)];
  await expect(work(5)).rejects.toMatchObject({ code: "unavailable" });
  await expect.poll(() => begun).toEqual([1, 2]);
  ends.shift()?.();
  await expect.poll(() => begun).toEqual([1, 2, 3]);
  ends.shift()?.();
  await expect.poll(() => begun).toEqual([1, 2, 3, 4]);
  for (const end of ends) end();
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
});

test("work that fails leaves its room to the next", async () => {
  const slots = createSlots(1, 0);
  await expect(slots.run(() => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(await slots.run(async () => "fine")).toBe("fine");
});
