import type { ArtifactKind, RouteSettings } from "@sluice/core";
import { type Addressed, promptRoute } from "./prompt/prompt.route.ts";

const none = (): null => null;

/** Where callers come in when nobody chose a route; null: nowhere. */
export const OWN_ROUTE: Readonly<Record<ArtifactKind, (deployment: Addressed) => RouteSettings | null>> = {
  application: none,
  agent: none,
  model: none,
  pipeline: none,
  prompt: promptRoute,
};
