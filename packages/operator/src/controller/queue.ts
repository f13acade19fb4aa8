/** Keys that wait for work: each at most once, and never worked on twice at the same time. */
export interface WorkQueue {
  /** Now, or once the work under way on the key is done. */
  add(key: string): void;
  /** Not before `ms` have passed; an earlier appointment of the key stands. */
  addAfter(key: string, ms: number): void;
  /** After a failure: later with each in a row. Answers the milliseconds. */
  retry(key: string): number;
  /** The next failure of the key is its first. */
  forget(key: string): void;
  /** The next key, when there is one; null once the queue is closed. Whoever takes a key says `done`. */
  take(): Promise<string | null>;
  done(key: string): void;
  close(): void;
  /** Keys that are due and not taken. */
  readonly depth: number;
}

interface Options {
  /** Of the first failure, and the most, in milliseconds. */
  firstMs?: number;
  mostMs?: number;
  setTimer?: (work: () => void, ms: number) => NodeJS.Timeout;
}

/**
 * As controllers of Kubernetes have it. A key is
 * - **dirty** from `add` until it is taken: further adds change nothing;
 * - **at work** from `take` to `done`: an add meanwhile makes it dirty, and due when the work is done.
 */
export function createQueue({ firstMs = 250, mostMs = 300_000, setTimer = setTimeout }: Options = {}): WorkQueue {
  const due: string[] = [];
  const dirty = new Set<string>();
  const atWork = new Set<string>();
  const failures = new Map<string, number>();
  const timers = new Map<string, { timer: NodeJS.Timeout; at: number }>();
  const waiting: ((key: string | null) => void)[] = [];
  let closed = false;

  const add = (key: string): void => {
    if (closed || dirty.has(key)) return;
    dirty.add(key);
    if (!atWork.has(key)) offer(key);
  };

  const offer = (key: string): void => {
    const taker = waiting.shift();
    if (taker === undefined) due.push(key);
    else taker(begin(key));
  };

  const begin = (key: string): string => {
    dirty.delete(key);
    atWork.add(key);
    return key;
  };

  const addAfter = (key: string, ms: number): void => {
    if (closed) return;
    const at = performance.now() + ms;
    const known = timers.get(key);
    if (known !== undefined && known.at <= at) return;
    clearTimeout(known?.timer);
    const timer = setTimer(() => {
      timers.delete(key);
      add(key);
    }, ms);
    timers.set(key, { timer, at });
  };

  return {
    add,
    addAfter,
    retry(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const ms = Math.min(mostMs, firstMs * 2 ** count);
      addAfter(key, ms);
      return ms;
    },
    forget: (key) => void failures.delete(key),
    take() {
      const key = due.shift();
      if (key !== undefined) return Promise.resolve(begin(key));
      if (closed) return Promise.resolve(null);
      return new Promise((resolve) => waiting.push(resolve));
    },
    done(key) {
      atWork.delete(key);
      if (dirty.has(key) && !closed) offer(key);
    },
    close() {
      closed = true;
      for (const { timer } of timers.values()) clearTimeout(timer);
      timers.clear();
      due.length = 0;
      for (const taker of waiting.splice(0)) taker(null);
    },
    get depth() {
      return due.length;
    },
  };
}
