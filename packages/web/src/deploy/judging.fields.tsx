import { Figure, Pick, Row, Tick } from "./fields.tsx";
import { firstOutside, type Judging } from "./judging.ts";
import { OutsideFields } from "./outside.fields.tsx";
import { useProblem } from "./problems.ts";

/** How candidate and stable are compared. */
export function JudgingFields({ judging, onJudging }: { judging: Judging; onJudging: (judging: Judging) => void }) {
  const set = (part: Partial<Judging>): void => onJudging({ ...judging, ...part });
  const latencyAt = `strategy.analysis.metrics[${judging.errors ? 1 : 0}]`;
  const none = useProblem("strategy.analysis.metrics");
  return (
    <>
      <Row>
        <Tick label="Errors" value={judging.errors} onValue={(errors) => set({ errors })} />
        {judging.errors && (
          <Figure
            label="More errors that are fine, % of the requests"
            help="Empty: none."
            field="strategy.analysis.metrics[0].maxIncrease"
            value={judging.errorIncrease}
            onValue={(errorIncrease) => set({ errorIncrease })}
          />
        )}
        {judging.errors && (
          <Figure
            label="Errors at most, whatever stable has, %"
            help="Empty: no such limit."
            field="strategy.analysis.metrics[0].maxErrorRate"
            value={judging.errorLimit}
            onValue={(errorLimit) => set({ errorLimit })}
          />
        )}
      </Row>
      <Row>
        <Tick label="Latency" value={judging.latency} onValue={(latency) => set({ latency })} />
        {judging.latency && (
          <>
            <Figure
              label="Slower that is fine, %"
              help="Empty: 10 %."
              field={`${latencyAt}.maxRelativeIncrease`}
              value={judging.latencyIncrease}
              onValue={(latencyIncrease) => set({ latencyIncrease })}
            />
            <Figure
              label="And on top of that, ms"
              help="Empty: 5 ms."
              field={`${latencyAt}.maxIncreaseMs`}
              value={judging.latencyIncreaseMs}
              onValue={(latencyIncreaseMs) => set({ latencyIncreaseMs })}
            />
            <Figure
              label="99 of 100 within, whatever stable does, ms"
              help="Empty: no such limit."
              field={`${latencyAt}.maxLatencyMs`}
              value={judging.latencyLimitMs}
              onValue={(latencyLimitMs) => set({ latencyLimitMs })}
            />
          </>
        )}
      </Row>
      <OutsideFields
        metrics={judging.outside}
        onMetrics={(outside) => set({ outside })}
        first={firstOutside(judging)}
      />
      {none !== undefined && firstOutside(judging) + judging.outside.length === 0 && (
        <p role="alert" className="text-xs text-bad">
          Something has to be compared: errors, latency, or a metric from elsewhere.
        </p>
      )}
      <Row>
        <Figure
          label="Good candidates taken back by chance, %"
          help="At most so often."
          field="strategy.analysis.falseRollbackRate"
          value={judging.falseRollbacks}
          onValue={(falseRollbacks) => set({ falseRollbacks })}
        />
        <Figure
          label="Requests to judge by, at least"
          field="strategy.analysis.minimumSamples"
          value={judging.minimumSamples}
          onValue={(minimumSamples) => set({ minimumSamples })}
        />
        <Pick
          label="While there are no requests"
          field="strategy.analysis.onNoData"
          value={judging.onNoData}
          options={[
            ["hold", "Wait"],
            ["promote", "Go on"],
            ["rollback", "Go back"],
          ]}
          onValue={(onNoData) => set({ onNoData })}
        />
        <Pick
          label="While a metric cannot be asked"
          field="strategy.analysis.onProviderError"
          value={judging.onProviderError}
          options={[
            ["hold", "Wait"],
            ["ignore", "Go on without it"],
            ["rollback", "Go back"],
          ]}
          onValue={(onProviderError) => set({ onProviderError })}
        />
        <Figure
          label="Waits at most, seconds"
          field="strategy.analysis.maxHoldSeconds"
          value={judging.maxHold}
          onValue={(maxHold) => set({ maxHold })}
        />
      </Row>
    </>
  );
}
