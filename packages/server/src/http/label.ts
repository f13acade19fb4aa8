import { z } from "zod";

/** `?label=team=search&label=tier=1`: only what has all of them. */
export const labelQuery = z
  .union([z.string(), z.array(z.string()).max(20)])
  .transform((given) => [given].flat())
  .pipe(z.array(z.string().regex(/^[^=]{1,63}=.{0,255}$/, "name=value")))
  .transform((labels) => Object.fromEntries(labels.map((label) => splitOnce(label))))
  .optional()
  .meta({ description: "`name=value`; repeat it to ask for several", examples: ["team=search"] });

function splitOnce(label: string): [string, string] {
  const at = label.indexOf("=");
  return [label.slice(0, at), label.slice(at + 1)];
}
