import type { Random } from "../../packages/core/src/analysis/traffic.testing.ts";

/**
 * Numbers in [0, 1) from a seed: xoshiro128** (Blackman & Vigna 2018), its state filled by a 32-bit mixer. Thousands of runs draw
 * billions of numbers, and the 2^32 of a smaller generator would come round.
 */
export function seededFar(seed: number): Random {
  let mixed = seed | 0;
  const fill = (): number => {
    mixed = (mixed + 0x9e3779b9) | 0;
    let value = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
    return value ^ (value >>> 15);
  };
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  return () => {
    const scrambled = Math.imul(b, 5);
    const value = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return (value >>> 0) / 2 ** 32;
  };
}
