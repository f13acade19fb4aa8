/** A queue between many that write and one that reads; writers wait while it is full. */
export interface Channel<T> {
  /** Resolves when there is room for more; after the end, at once. */
  push(value: T): Promise<void>;
  end(): void;
  values(): AsyncGenerator<T>;
}

export function createChannel<T>(capacity: number): Channel<T> {
  const queue: T[] = [];
  let ended = false;
  let wakeReader = Promise.withResolvers<void>();
  let wakeWriters = Promise.withResolvers<void>();

  return {
    async push(value) {
      while (queue.length >= capacity && !ended) await wakeWriters.promise;
      if (ended) return;
      queue.push(value);
      wakeReader.resolve();
    },
    end() {
      ended = true;
      wakeReader.resolve();
      wakeWriters.resolve();
    },
    async *values() {
      for (;;) {
        const value = queue.shift();
        if (value !== undefined) {
          wakeWriters.resolve();
          wakeWriters = Promise.withResolvers<void>();
          yield value;
        } else if (ended) return;
        else {
          await wakeReader.promise;
          wakeReader = Promise.withResolvers<void>();
        }
      }
    },
  };
}
