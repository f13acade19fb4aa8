/** Up to where a container's output was read: how many entries of the last moment were among it. */
export interface LogPosition {
  at: string;
  count: number;
}

/** The position behind an entry. */
export const positionAfter = (before: LogPosition | null, { at }: { at: string }): LogPosition =>
  before?.at === at ? { at, count: before.count + 1 } : { at, count: 1 };

/**
 * Lets through what comes after a position, when the output is read again from that moment or earlier. Times of one daemon
 * are written alike, so that their order is that of their texts.
 */
export function createResume(from: LogPosition | null): (entry: { at: string }) => boolean {
  let left = from?.count ?? 0;
  return ({ at }) => {
    if (from === null || at > from.at) return true;
    if (at < from.at) return false;
    left -= 1;
    return left < 0;
  };
}
