import { FULL_WEIGHT, type Split } from "./split.ts";

/**
 * Sticky assignment. A caller's key is hashed to one of 10 000 buckets; the split's last entry (the candidate, see
 * `splitBetween`) owns the buckets [0, w), the one before it the next, and the first entry keeps what the others leave.
 * Raising the candidate's weight therefore only ever adds buckets to it: nobody is moved back and forth.
 */

/** What one rollout hashes with: a new candidate deals the callers anew, so that the same few are not always the first. */
export const assignmentSalt = (route: string, split: Split): string => `${route}/${split.at(-1)?.revision ?? 0}`;

/** The bucket of a caller: a whole number from 0 to 9 999, the same for ever for the same salt and key. */
export function bucketOf(salt: string, key: string): number {
  return Math.floor((murmur3(key, murmur3(salt, 0)) / 2 ** 32) * FULL_WEIGHT);
}

/**
 * The position in `split` of the entry that owns a draw, which lies in [0, total of the weights). Entries of weight
 * zero own nothing. -1 when all weights are zero.
 */
export function ownerOf(split: Split, draw: number): number {
  let upper = 0;
  let owner = -1;
  for (let position = split.length - 1; position >= 0; position -= 1) {
    const weight = split[position]?.weight ?? 0;
    if (weight === 0) continue;
    owner = position;
    upper += weight;
    if (draw < upper) return position;
  }
  return owner;
}

/**
 * MurmurHash3, x86, 32 bit (Austin Appleby, public domain) over the UTF-16 code units of `text`, two to a block.
 * Chosen over FNV-1a because neighbouring keys (`user-1`, `user-2`) must land in unrelated buckets.
 */
export function murmur3(text: string, seed: number): number {
  let hash = seed | 0;
  const blocks = text.length & ~1;
  for (let index = 0; index < blocks; index += 2) {
    hash ^= scramble(text.charCodeAt(index) | (text.charCodeAt(index + 1) << 16));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  if (blocks < text.length) hash ^= scramble(text.charCodeAt(blocks));
  hash ^= text.length * 2;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}
