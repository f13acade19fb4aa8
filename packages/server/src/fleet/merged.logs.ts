/**
 * What several sources say, as it comes. Ends when all have ended, or with the error of the first that breaks; whoever stops
 * listening ends them all.
 */
export async function* merged<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const next = (at: number, iterator: AsyncIterator<T>) => iterator.next().then((result) => ({ at, iterator, result }));
  const waiting = new Map(iterators.map((iterator, at) => [at, next(at, iterator)]));
  try {
    while (waiting.size > 0) {
      const { at, iterator, result } = await Promise.race(waiting.values());
      if (result.done === true) {
        waiting.delete(at);
        continue;
      }
      waiting.set(at, next(at, iterator));
      yield result.value;
    }
  } finally {
    for (const promise of waiting.values()) promise.catch(() => undefined);
    // One that waits for its next word ends with the signal that its reader was given, not here.
    for (const iterator of iterators) void iterator.return?.();
  }
}
