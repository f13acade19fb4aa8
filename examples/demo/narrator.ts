import { isFinished, type Rollout } from "@sluice/client";
import { line, more } from "./report.ts";

/** Tells each thing that a rollout newly did, once. */
export function narrator(): (rollout: Rollout) => void {
  const told = new Set<string>();
  const once = (key: string, tell: (rollout: Rollout) => void, rollout: Rollout): void => {
    if (told.has(key)) return;
    told.add(key);
    tell(rollout);
  };
  return (rollout) => {
    const { validations, gates, tests, phase, weight } = rollout;
    if (validations.length > 0) once("validating", tellChecks, rollout);
    if (gates.length > 0 && gates.every(({ status }) => status !== "waiting")) once("gating", tellGates, rollout);
    if (tests.length > 0 && tests.every(({ status }) => status !== "running")) once("testing", tellTests, rollout);
    if (phase === "shifting" && weight > 0) once(`weight ${weight}`, tellWeight, rollout);
    if (phase === "monitoring") once("monitoring", tellMonitoring, rollout);
    if (isFinished(rollout)) once("end", tellEnd, rollout);
  };
}

function tellChecks({ validations }: Rollout): void {
  const failed = validations.filter(({ passed }) => !passed);
  line("validating", `${validations.length - failed.length} of ${validations.length} checks passed`);
  for (const { message } of failed) more(message);
}

/** A condition that failed is told in full, one that passed by its figure. */
function tellGates({ gates }: Rollout): void {
  for (const { gate, status, conditions } of gates) {
    const passed = conditions.filter((condition) => condition.status === "passed");
    const figures = passed.map(({ name, observed, threshold }) => `${name} is ${observed}, at least ${threshold}`);
    line("gating", `${gate} ${[status, ...figures].join(": ")}`);
    for (const condition of conditions) if (condition.status !== "passed") more(condition.message);
  }
}

function tellTests({ tests }: Rollout): void {
  const of = (status: string) => tests.filter((test) => test.status === status);
  const failed = [...of("failed"), ...of("error")];
  line("testing", `${of("passed").length} passed, ${failed.length} failed, ${of("skipped").length} not asked for`);
  for (const { name, message } of failed) more(clip(`${name}: ${message}`));
  const load = tests.find(({ type, status }) => type === "load" && status === "passed");
  if (load !== undefined) more(load.message);
}

function tellWeight({ weight }: Rollout): void {
  line("shifting", `${weight} % of the traffic, compared request by request with the rest`);
}

function tellMonitoring({ weight }: Rollout): void {
  line("monitoring", `${weight} % of the traffic, still compared`);
}

/** What its gates or tests say has been told already; what ended it in traffic has not. */
function tellEnd({ phase, explanation, gates, tests, fromRevision, fromVersion }: Rollout): void {
  const stopped = [...gates, ...tests].some(({ status }) => status === "failed" || status === "error");
  const serving = `revision ${fromRevision} (${fromVersion}) serves`;
  line(phase.replaceAll("_", " "), stopped ? `it never had any traffic; ${serving}` : explanation);
}

/** The beginning of a long sentence; `sluice rollout get` has all of it. */
const clip = (text: string): string => (text.length > 160 ? `${text.slice(0, 159).trimEnd()}…` : text);
