const PATTERN =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

/** Longer ones are no version that anybody has published. */
const MAX_LENGTH = 128;

const PRE: Readonly<Record<string, number>> = { a: 0, alpha: 0, b: 1, beta: 1, c: 2, rc: 2, pre: 2, preview: 2 };

/** Without this part, before or after all that have it. */
const BEFORE = Number.NEGATIVE_INFINITY;
const AFTER = Number.POSITIVE_INFINITY;

/**
 * Orders two versions of Python packages: negative, 0 or positive; null when one of them is not a version. The order of PEP
 * 440 ("Summary of permitted suffixes and relative ordering"), local versions left out: no vulnerability is named by one.
 */
export function comparePep440(left: string, right: string): number | null {
  const leftKey = sortKey(left);
  const rightKey = sortKey(right);
  if (leftKey === null || rightKey === null) return null;
  const length = Math.max(leftKey.release.length, rightKey.release.length);
  const pairs: [number, number][] = [[leftKey.epoch, rightKey.epoch]];
  for (let index = 0; index < length; index++) pairs.push([leftKey.release[index] ?? 0, rightKey.release[index] ?? 0]);
  for (const [index, part] of leftKey.suffix.entries()) pairs.push([part, rightKey.suffix[index] ?? 0]);
  const differing = pairs.find(([one, other]) => one !== other);
  return differing === undefined ? 0 : differing[0] < differing[1] ? -1 : 1;
}

function sortKey(text: string): { epoch: number; release: number[]; suffix: number[] } | null {
  if (text.length > MAX_LENGTH) return null;
  const match = PATTERN.exec(text.trim().toLowerCase());
  if (match === null) return null;
  const [, epoch, release = "", pre, preNumber, implicitPost, post, postNumber, dev, devNumber] = match;
  const hasPost = post !== undefined || implicitPost !== undefined;
  const isBareDev = pre === undefined && !hasPost && dev !== undefined;
  return {
    epoch: Number(epoch ?? 0),
    release: release.split(".").map(Number),
    suffix: [
      // A bare development release comes before every pre-release; a final one after them.
      pre === undefined ? (isBareDev ? BEFORE : AFTER) : (PRE[pre] ?? 0),
      pre === undefined ? 0 : Number(preNumber || 0),
      hasPost ? Number(implicitPost ?? (postNumber || 0)) : BEFORE,
      dev === undefined ? AFTER : Number(devNumber || 0),
    ],
  };
}
