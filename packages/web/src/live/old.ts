import type { Query } from "@tanstack/react-query";
import { isGone } from "../api/problems.ts";

/** Shown as it was, since it could not be asked anew; what is gone is shown as such, and by its page. */
export const isOld = (query: Query): boolean =>
  query.isActive() && query.state.data !== undefined && query.state.status === "error" && !isGone(query.state.error);
