import { manifestJsonSchema } from "@sluice/core";
import type { Command } from "commander";
import { addCommand, type Cli } from "../command.ts";

export function addSchemaCommand(cli: Cli, program: Command): void {
  addCommand(cli, program, {
    syntax: "schema",
    description:
      "Print the JSON Schema of manifests, with which editors complete and check them. A server has it at /schemas/sluice.json.",
    examples: [
      "sluice schema > sluice.schema.json",
      'echo "# yaml-language-server: $schema=sluice.schema.json" | cat - sluice.yaml',
    ],
    run: async ({ io }) => {
      io.stdout.write(`${JSON.stringify(manifestJsonSchema(), null, 2)}\n`);
      return undefined;
    },
  });
}
