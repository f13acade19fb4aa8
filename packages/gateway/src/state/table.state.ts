import { parseField, parseGuardSnapshot, SluiceError } from "@sluice/core";
import { z } from "zod";
import { routeConfigSchema } from "../route/route.schema.ts";
import type { TableState } from "../route/route.table.ts";

const schema = z.object({
  format: z.literal(1),
  routes: z.array(
    z.object({
      config: routeConfigSchema,
      guards: z.array(z.unknown().transform((guard) => parseGuardSnapshot(guard))),
    }),
  ),
  removed: z.array(z.tuple([z.string(), z.int()])),
});

export const renderState = (state: TableState): string => JSON.stringify({ format: 1, ...state });

/** Throws `data_loss` for what is not a whole state of this format. */
export function parseState(text: string): TableState {
  try {
    const { routes, removed } = parseField(schema, JSON.parse(text), "state");
    return { routes, removed };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SluiceError("data_loss", `the gateway's state cannot be read: ${reason}`, { cause: error });
  }
}
