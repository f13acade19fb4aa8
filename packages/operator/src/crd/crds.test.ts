import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CRDS, crdYaml } from "./crds.ts";

const read = (path: string): Promise<string> => readFile(fileURLToPath(new URL(path, import.meta.url)), "utf8");

test.each(CRDS.map((definition) => [definition.metadata.name, definition] as const))(
  "%s is printed as it is: `node packages/operator/crds.print.ts`",
  async (name, definition) => {
    expect(await read(`../../crds/${name}.yaml`)).toBe(crdYaml(definition));
    expect(await read(`../../../../charts/sluice/crds/${name}.yaml`)).toBe(crdYaml(definition));
  },
);
