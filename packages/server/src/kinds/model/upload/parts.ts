import type { Readable } from "node:stream";

/** What arrives of a file, to be kept in parts. */
export interface Arriving {
  /** Waits until there is something more. False: that was all of it, or the caller has left. */
  more(): Promise<boolean>;
  /** The next bytes, at most so many; ends when they have arrived, and when the caller leaves. */
  part(most: number): AsyncGenerator<Buffer>;
}

/** A body that may break off: what came before that is as good as if the caller had meant to stop there. */
export function arriving(body: Readable): Arriving {
  const source = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer | null = null;
  const next = async (): Promise<Buffer | null> => {
    try {
      const { done, value } = await source.next();
      return done === true ? null : value;
    } catch {
      return null;
    }
  };
  const more = async (): Promise<boolean> => {
    while (rest === null || rest.length === 0) {
      rest = await next();
      if (rest === null) return false;
    }
    return true;
  };
  return {
    more,
    async *part(most) {
      for (let room = most; room > 0 && (await more()) && rest !== null; ) {
        const chunk: Buffer = rest.subarray(0, room);
        rest = rest.subarray(chunk.length);
        room -= chunk.length;
        yield chunk;
      }
    },
  };
}
