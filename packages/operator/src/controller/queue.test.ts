import fc from "fast-check";
import { expect, test } from "vitest";
import { createQueue } from "./queue.ts";

test("a key that is added many times is worked on once", async () => {
  const queue = createQueue();
  for (const _ of "abc") queue.add("a");
  queue.add("b");
  expect([await queue.take(), await queue.take(), queue.depth]).toEqual(["a", "b", 0]);
});

test("a key that is added while it is worked on is worked on again, and not at the same time", async () => {
  const queue = createQueue();
  queue.add("a");
  expect(await queue.take()).toBe("a");
  queue.add("a");
  expect(queue.depth).toBe(0);
  queue.done("a");
  expect(await queue.take()).toBe("a");
});

test("whoever waits is given the next key, and nothing when the queue is closed", async () => {
  const queue = createQueue();
  const [first, second] = [queue.take(), queue.take()];
  queue.add("a");
  queue.close();
  expect([await first, await second, await queue.take()]).toEqual(["a", null, null]);
});

test("failures in a row are put off longer and longer, up to a limit; after a success it begins anew", () => {
  const waits: number[] = [];
  const setTimer = (_: () => void, ms: number): NodeJS.Timeout => {
    waits.push(ms);
    return setTimeout(() => undefined, 0);
  };
  const queue = createQueue({ firstMs: 100, mostMs: 500, setTimer });
  expect(["a", "a", "a", "a"].map((key) => queue.retry(key))).toEqual([100, 200, 400, 500]);
  queue.forget("a");
  expect(queue.retry("a")).toBe(100);
  queue.close();
});

test("the earlier of two appointments stands", () => {
  const waits: number[] = [];
  const setTimer = (_: () => void, ms: number): NodeJS.Timeout => {
    waits.push(ms);
    return setTimeout(() => undefined, 0);
  };
  const queue = createQueue({ setTimer });
  queue.addAfter("a", 1_000);
  queue.addAfter("a", 5_000);
  queue.addAfter("a", 10);
  queue.close();
  expect(waits).toEqual([1_000, 10]);
});

const actions = fc.array(
  fc.record({ act: fc.constantFrom("add", "take", "done"), key: fc.constantFrom("a", "b", "c") }),
);

test("whatever happens, no key is at work twice, and none that was added is lost", async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (list) => {
      const queue = createQueue();
      const atWork = new Set<string>();
      const owed = new Set<string>();
      for (const { act, key } of list) {
        if (act === "add") {
          queue.add(key);
          owed.add(key);
        } else if (act === "done" && atWork.has(key)) {
          atWork.delete(key);
          queue.done(key);
        } else if (act === "take" && queue.depth > 0) {
          const taken = (await queue.take()) ?? "";
          expect(atWork.has(taken)).toBe(false);
          atWork.add(taken);
          owed.delete(taken);
        }
      }
      for (const key of atWork) queue.done(key);
      while (queue.depth > 0) {
        const taken = (await queue.take()) ?? "";
        owed.delete(taken);
        queue.done(taken);
      }
      expect(owed).toEqual(new Set());
      queue.close();
    }),
  );
});
