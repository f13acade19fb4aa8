import type { Environment } from "@sluice/client";
import { Badge } from "../ui/badge.tsx";

/** How much is at stake there. */
export function Tier({ tier }: Pick<Environment, "tier">) {
  return <Badge tone={tier === "production" || tier === "dr" ? "accent" : "plain"}>{tier}</Badge>;
}
