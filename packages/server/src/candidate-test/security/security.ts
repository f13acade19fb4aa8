import type { PlannedTest } from "../planned.ts";
import { auditLogging } from "./audit.ts";
import { authentication } from "./authentication.ts";
import { authorisation } from "./authorisation.ts";
import { dependencies } from "./dependencies.ts";
import { errorDisclosure } from "./error.disclosure.ts";
import { limits } from "./limits.ts";
import { securityHeaders } from "./security.headers.ts";
import { transport } from "./transport.ts";

/** The eight checks; each is a result of its own. */
export const securityTests: readonly PlannedTest[] = [
  check("authentication", authentication),
  check("authorisation", authorisation),
  check("transport", transport),
  check("headers", securityHeaders),
  check("error-disclosure", errorDisclosure),
  check("limits", limits),
  check("audit", auditLogging),
  check("dependencies", dependencies),
];

function check(name: string, run: PlannedTest["run"]): PlannedTest {
  return { name: `security/${name}`, type: "security", costly: false, run };
}
