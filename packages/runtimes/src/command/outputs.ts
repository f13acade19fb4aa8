import { readFile } from "node:fs/promises";
import { CommandError } from "./command.order.ts";
import type { Mask } from "./mask.ts";

const MOST_BYTES = 65_536;
const NAME = /^[A-Za-z_][\w-]{0,62}$/;

/** Lines `NAME=VALUE` that a command wrote for later stages. Throws for others, and for too many. */
export async function readOutputs(file: string, mask: Mask): Promise<Record<string, string>> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  if (bytes.length > MOST_BYTES)
    throw new CommandError(`the outputs are ${bytes.length} bytes; allowed: ${MOST_BYTES}`);
  const outputs: Record<string, string> = {};
  for (const line of bytes.toString("utf8").split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const border = line.indexOf("=");
    const name = line.slice(0, Math.max(0, border)).trim();
    if (!NAME.test(name))
      throw new CommandError(`an output is ${JSON.stringify(mask(line).slice(0, 60))}; allowed: NAME=VALUE`);
    outputs[name] = mask(line.slice(border + 1));
  }
  return outputs;
}
