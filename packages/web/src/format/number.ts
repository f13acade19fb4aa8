/** Numbers as people read them, in the viewer's own language. */

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumSignificantDigits: 3 });
const three = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 3 });

/** Nothing was measured. */
export const NONE = "–";

/** `1,234`; from ten thousand on `12.3K`. */
export const count = (value: number | null | undefined): string =>
  value == null ? NONE : value < 10_000 ? whole.format(value) : compact.format(value);

/** A share from 0 to 1 as `1.25 %`. */
export const share = (value: number | null | undefined): string => (value == null ? NONE : percent(value * 100));

/** `12.5 %` */
export const percent = (value: number | null | undefined): string =>
  value == null ? NONE : `${three.format(value)} %`;

/** Three digits, and no unit. */
export const figure = (value: number | null | undefined): string => (value == null ? NONE : three.format(value));

/** Milliseconds, from a thousand on as seconds. */
export const milliseconds = (value: number | null | undefined): string =>
  value == null ? NONE : value < 1_000 ? `${three.format(value)} ms` : `${three.format(value / 1_000)} s`;

/** Requests a second. */
export const rate = (value: number | null | undefined): string => (value == null ? NONE : `${three.format(value)}/s`);

/**
 * An e-value: how many times better "it is worse" explains what was seen. As in the sentences of the server: rounded down, so
 * that it never reads larger than it is; the slack is for 1/0.004, which is not quite 250.
 */
export function evidence(value: number | null | undefined): string {
  if (value == null) return NONE;
  if (value >= 1e6) return `10^${Math.floor(Math.log10(value))}×`;
  return `${value >= 10 ? Math.floor(value + 1e-6) : Number(value.toPrecision(2))}×`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function bytes(value: number | null | undefined): string {
  if (value == null) return NONE;
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10));
  return `${three.format(value / 2 ** (10 * power))} ${UNITS[power]}`;
}
