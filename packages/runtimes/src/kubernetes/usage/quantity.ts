/** Quantities as the API writes them: `12345678n`, `250m`, `1`. */
export const coresOf = (quantity: string): number => Number.parseFloat(quantity) * (CORES[suffixOf(quantity)] ?? 1);

/** `204800Ki`, `128Mi`, `1e9`, `134217728`. */
export const bytesOf = (quantity: string): number => Number.parseFloat(quantity) * (BYTES[suffixOf(quantity)] ?? 1);

const suffixOf = (quantity: string): string => /[A-Za-z]+$/.exec(quantity)?.[0] ?? "";

const CORES: Readonly<Record<string, number>> = { n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3 };
const BYTES: Readonly<Record<string, number>> = {
  ...{ m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 },
};
