import type { AttemptKey } from "../attempt.store.ts";
import { isSluiceProblem } from "./problem.ts";
import { failed, type StepContext, type StepDeps, type StepOutcome, type StepWork } from "./step.types.ts";

/** Work in this process that may be begun anew at any time. Ends soon after the signal aborts. */
export type Fly = (context: StepContext, signal: AbortSignal) => Promise<StepOutcome>;

interface Flight {
  stop: AbortController;
  outcome: StepOutcome | null;
  done: Promise<void>;
}

/** A step whose work goes on beside the looks. Where the server died, the next one begins it anew. */
export function flightStep(deps: StepDeps, fly: Fly): StepWork {
  const flights = new Map<string, Flight>();

  const begin = (key: string, run: string, context: StepContext): Flight => {
    const stop = new AbortController();
    const flight: Flight = { stop, outcome: null, done: Promise.resolve() };
    flight.done = fly(context, stop.signal)
      .catch((error: unknown) => {
        if (isSluiceProblem(error)) return failed(error.message, { hopeless: true });
        if (!stop.signal.aborted) deps.logger.warn({ err: error, stage: context.stage.name, run }, "a stage broke");
        return failed(error instanceof Error ? error.message : String(error));
      })
      .then((outcome) => {
        flight.outcome = outcome;
        deps.changed(run);
      });
    flights.set(key, flight);
    return flight;
  };

  return {
    async look(context, attempt) {
      const key = keyOf(attempt);
      const flight = flights.get(key) ?? begin(key, attempt.run, context);
      if (flight.outcome !== null) flights.delete(key);
      return flight.outcome;
    },
    async stop(_context, attempt) {
      flights.get(keyOf(attempt))?.stop.abort();
    },
    async close() {
      for (const { stop } of flights.values()) stop.abort();
      await Promise.all([...flights.values()].map(({ done }) => done));
    },
  };
}

const keyOf = ({ run, task, attempt }: AttemptKey): string => `${run}/${task}/${attempt}`;
