import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { CRDS, crdYaml } from "./src/crd/crds.ts";

/** Writes the definitions to where people and the chart find them: `node packages/operator/crds.print.ts`. */
for (const folder of ["./crds/", "../../charts/sluice/crds/"]) {
  const path = fileURLToPath(new URL(folder, import.meta.url));
  await mkdir(path, { recursive: true });
  for (const definition of CRDS) await writeFile(`${path}${definition.metadata.name}.yaml`, crdYaml(definition));
}
