import { SluiceError } from "@sluice/core";

export interface Slots {
  /** Does the work when there is room. Throws `unavailable` at once when too many wait already. */
  run<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Room for `most` at once and a queue of `waiting`: beyond that, an early no is kinder than a late answer. */
export function createSlots(most: number, waiting: number): Slots {
  const queue: (() => void)[] = [];
  let busy = 0;
  const leave = (): void => {
    const next = queue.shift();
    if (next === undefined) busy -= 1;
    else next();
  };
  return {
    async run(work) {
      if (busy < most) busy += 1;
      else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve));
      else
        throw new SluiceError("unavailable", `${busy} requests are served and ${queue.length} wait; come back later`);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}
