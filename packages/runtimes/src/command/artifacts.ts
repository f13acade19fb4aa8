import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { glob, mkdir, realpath, stat } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CommandError, type CommandOrder, type CommandResult } from "./command.order.ts";

const MB = 1_048_576;
const MOST_FILES = 10_000;

type Kept = CommandResult["artifacts"];

/**
 * Copies the files that the globs match, with their checksums. Throws for a link that leads outside, for a name that matches
 * nothing (unless `lenient`), and for more than the limits.
 */
export async function keepArtifacts(
  { artifacts, limits }: Pick<CommandOrder, "artifacts" | "limits">,
  { work, into, lenient }: { work: string; into: string; lenient: boolean },
): Promise<Kept> {
  const kept: Kept = [];
  const root = await realpath(work);
  let left = limits.artifactMb * MB;
  for (const { name, paths } of artifacts) {
    const files = await filesIn(root, name, paths);
    if (files.length === 0 && !lenient)
      throw new CommandError(`no file matches ${paths.join(", ")} of the artifact ${name}`);
    if (kept.length + files.length > MOST_FILES)
      throw new CommandError(`the artifacts have more than ${MOST_FILES} files`);
    for (const path of files) {
      const { sizeBytes, sha256 } = await copyHashed(join(root, path), join(into, name, path), left).catch(
        (error: unknown) => {
          if (!(error instanceof RangeError)) throw error;
          throw new CommandError(`the artifacts are larger than ${limits.artifactMb} MB`);
        },
      );
      left -= sizeBytes;
      kept.push({ name, path, sizeBytes, sha256 });
    }
  }
  return kept;
}

/** Files by their paths in the folder, each once. */
async function filesIn(root: string, artifact: string, paths: string[]): Promise<string[]> {
  const found = new Set<string>();
  for await (const path of glob(paths, { cwd: root })) {
    const real = await realpath(join(root, path)).catch(() => null);
    if (real === null) continue;
    if (relative(root, real).split(sep)[0] === "..") {
      throw new CommandError(`${path} of the artifact ${artifact} is a link that leads outside the working folder`);
    }
    if ((await stat(real)).isFile()) found.add(path.split(sep).join("/"));
    if (found.size > MOST_FILES) break;
  }
  return [...found].toSorted();
}

/** Throws `RangeError` beyond the limit. */
async function copyHashed(from: string, to: string, limit: number): Promise<{ sizeBytes: number; sha256: string }> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const count = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      sizeBytes += bytes.length;
      hash.update(bytes);
      done(sizeBytes > limit ? new RangeError("too large") : null, bytes);
    },
  });
  await pipeline(createReadStream(from), count, createWriteStream(to, { mode: 0o600 }));
  return { sizeBytes, sha256: hash.digest("hex") };
}

/** Puts artifacts of earlier stages into the working folder. Throws for one that is not what it was. */
export async function placeArtifacts(copies: CommandOrder["copies"], work: string): Promise<void> {
  for (const { from, into, files } of copies) {
    for (const { path, sha256 } of files) {
      const copied = await copyHashed(join(from, path), join(work, into, path), Number.POSITIVE_INFINITY).catch(
        (error: unknown) => {
          throw new CommandError(`the artifact ${path} of an earlier stage is not here any more`, {
            hopeless: true,
            cause: error,
          });
        },
      );
      if (copied.sha256 !== sha256) {
        throw new CommandError(`the artifact ${path} of an earlier stage has been changed since`, { hopeless: true });
      }
    }
  }
}
