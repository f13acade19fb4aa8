import type { StepKind } from "@sluice/core";
import { commandStep } from "./command.step.ts";
import { deployStep } from "./deploy.step.ts";
import { evalStep } from "./eval.step.ts";
import { flightStep } from "./flight.step.ts";
import { monitorStep } from "./monitor.step.ts";
import { promoteStep } from "./promote.step.ts";
import { scan } from "./scan.step.ts";
import type { StepDeps, StepWork } from "./step.types.ts";
import { verify } from "./verify.step.ts";

/** How each kind of step is done, a line for each. */
export const createSteps = (deps: StepDeps): Readonly<Record<StepKind, StepWork>> => ({
  run: commandStep(deps),
  deploy: deployStep(deps),
  verify: flightStep(deps, verify),
  monitor: monitorStep(deps),
  scan: flightStep(deps, scan(deps)),
  promote: promoteStep(deps),
  eval: evalStep(deps),
});
