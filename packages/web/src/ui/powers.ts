/** More lines than these are a pattern, and no scale. */
const MOST = 8;

/** The powers of ten of a logarithmic scale from `low` to `high` (both above 0) that get a line: every one, or evenly fewer. */
export function powersOfTen(low: number, high: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((last - first + 1) / MOST));
  // Counted from 1, where nothing speaks for either: that line is always there.
  const from = Math.ceil(first / every);
  return Array.from(
    { length: Math.max(0, Math.floor(last / every) - from + 1) },
    (_, index) => 10 ** ((from + index) * every),
  );
}
