/** Milliseconds as people say them: `850 ms`, `12 s`, `4 min 10 s`, `3 h 5 min`, `2 d 4 h`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, "min", seconds % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return pair(hours, "h", minutes % 60, "min");
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

const pair = (large: number, unit: string, small: number, part: string): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${part}`;

/** How long ago a time of the API was. */
export const age = (time: string, now: number): string => duration(Math.max(0, now - Date.parse(time)));

/** A percentage from 0 to 100 with the decimals it has, two at most. */
export const percent = (value: number): string => `${Number(value.toFixed(2))} %`;

const THOUSANDS = new Intl.NumberFormat("en-GB");

export const count = (value: number): string => THOUSANDS.format(value);

/** Bytes in the unit that limits are written in. */
export const mebibytes = (bytes: number): string => `${count(Math.round(bytes / 1_048_576))} MiB`;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90`, `90s`, `5m`, `1h30m` in milliseconds; without a unit seconds are meant. Null for anything else. */
export function parseDuration(text: string): number | null {
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return null;
  return [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)].reduce(
    (sum, [, digits, unit = ""]) => sum + Number(digits) * (UNITS[unit] ?? 0),
    0,
  );
}
