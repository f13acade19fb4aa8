import { invalidField } from "../errors.ts";

/** What serves a model. `none`: files that nothing here can serve; they are kept all the same. */
export const MODEL_RUNTIMES = ["onnx", "joblib", "none"] as const;
export type ModelRuntime = (typeof MODEL_RUNTIMES)[number];

/** Names what a model of Python needs, as pip reads it. */
export const REQUIREMENTS = "requirements.txt";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/;
const ARCHIVE = /\.(zip|tar|tgz|gz|bz2|xz|zst|7z|rar|whl|egg)$/i;

/**
 * Throws `invalid_argument` for a name that may not become a file: names are one part of a path, in plain letters, so that no
 * store, file system or shell reads them in its own way. Archives are refused rather than unpacked.
 */
export function checkFileName(name: string, field: string): void {
  if (!NAME.test(name)) {
    throw invalidField(
      field,
      name.toWellFormed().replaceAll("\0", "\\0"),
      "a file name of 1 to 128 letters, digits, '.', '_', '+' and '-', without folders",
    );
  }
  if (ARCHIVE.test(name))
    throw invalidField(field, name, "a file by itself: archives are not unpacked, send what is in them");
}

const RUNTIME_OF: readonly (readonly [RegExp, ModelRuntime])[] = [
  [/\.onnx$/i, "onnx"],
  [/\.(joblib|pkl)$/i, "joblib"],
];

/** The one file that is the model: `model.onnx` or `model.joblib` before others; null while none is among them. */
export function modelFileOf(names: readonly string[]): { name: string; runtime: ModelRuntime } | null {
  const known = names.flatMap((name) => {
    const runtime = RUNTIME_OF.find(([pattern]) => pattern.test(name))?.[1];
    return runtime === undefined ? [] : [{ name, runtime }];
  });
  const [best] = known.toSorted((left, right) => Number(isModel(right)) - Number(isModel(left)) || byName(left, right));
  if (best !== undefined) return best;
  const [other] = names.filter((name) => name !== REQUIREMENTS).toSorted();
  return other === undefined ? null : { name: other, runtime: "none" };
}

const isModel = ({ name }: { name: string }): boolean => name.startsWith("model.");
const byName = (left: { name: string }, right: { name: string }): number => (left.name < right.name ? -1 : 1);

const SHA256 = /^[0-9a-f]{64}$/;

/** A checksum as a caller gave it, in lower case. Throws `invalid_argument` for anything but 64 hex digits. */
export function checkedSha256(text: string, field: string): string {
  const hex = text
    .trim()
    .toLowerCase()
    .replace(/^sha256:/, "");
  if (!SHA256.test(hex))
    throw invalidField(field, text.slice(0, 100), "the SHA-256 of the file: 64 hexadecimal digits");
  return hex;
}
