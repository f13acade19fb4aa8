import { Plus, X } from "lucide-react";
import { Button } from "../ui/button.tsx";
import { Figure, Pick, Row, Text, Tick } from "./fields.tsx";
import { type FunctionalDraft, METHODS, newTest, type TestsDraft } from "./tests.ts";

interface TestsProps {
  tests: TestsDraft;
  onTests: (tests: TestsDraft) => void;
}

/** What the candidate has to pass before it gets callers. */
export function TestsFields({ tests, onTests }: TestsProps) {
  const set = (part: Partial<TestsDraft>): void => onTests({ ...tests, ...part });
  return (
    <>
      <Functional tests={tests.functional} onTests={(functional) => set({ functional })} />
      <Row>
        <Tick label="Performance" value={tests.performance} onValue={(performance) => set({ performance })} />
        <Tick label="Load" value={tests.load} onValue={(load) => set({ load })} />
        <Tick label="Security" value={tests.security} onValue={(security) => set({ security })} />
      </Row>
      {(tests.performance || tests.load) && (
        <Row>
          <Text
            label="Path that is asked for"
            field="strategy.tests.request.path"
            value={tests.path}
            onValue={(path) => set({ path })}
          />
          <Figure
            label="Callers at once"
            field="strategy.tests.concurrentUsers"
            value={tests.users}
            onValue={(users) => set({ users })}
          />
          <Figure
            label="Seconds, each"
            field="strategy.tests.testDuration"
            value={tests.seconds}
            onValue={(seconds) => set({ seconds })}
          />
          <Figure
            label="Slowest 5 % within, seconds"
            field="strategy.tests.responseTimeThreshold"
            value={tests.slowest}
            onValue={(slowest) => set({ slowest })}
          />
          <Figure
            label="Answers that are well, at least %"
            field="strategy.tests.successRateThreshold"
            value={tests.success}
            onValue={(success) => set({ success })}
          />
          {tests.performance && (
            <Figure
              label="Requests a second, at least"
              field="strategy.tests.throughputThreshold"
              value={tests.throughput}
              onValue={(throughput) => set({ throughput })}
            />
          )}
        </Row>
      )}
    </>
  );
}

function Functional({
  tests,
  onTests,
}: {
  tests: readonly FunctionalDraft[];
  onTests: (tests: readonly FunctionalDraft[]) => void;
}) {
  const put = (index: number, test: FunctionalDraft): void => onTests(tests.with(index, test));
  const add = (): void => onTests([...tests, newTest(`test ${tests.length + 1}`)]);
  return (
    <fieldset className="min-w-0 space-y-2">
      <legend className="text-xs font-medium text-muted">Requests with answers that are wanted</legend>
      {tests.map((test, index) => {
        const field = `strategy.tests.functional[${index}]`;
        return (
          <div key={test.key} className="flex items-start gap-2">
            <div className="grid min-w-0 flex-1 grid-cols-[repeat(auto-fit,minmax(7rem,1fr))] items-start gap-2">
              <Text
                label="Name"
                field={`${field}.name`}
                value={test.name}
                onValue={(name) => put(index, { ...test, name })}
              />
              <Pick
                label="Method"
                field={`${field}.request.method`}
                value={test.method}
                options={METHODS.map((method) => [method, method] as const)}
                onValue={(method) => put(index, { ...test, method })}
              />
              <Text
                label="Path"
                field={`${field}.request.path`}
                value={test.path}
                onValue={(path) => put(index, { ...test, path })}
              />
              {test.method !== "GET" && test.method !== "HEAD" && (
                <Text
                  label="Body, as JSON or as text"
                  field={`${field}.request.body`}
                  value={test.body}
                  onValue={(body) => put(index, { ...test, body })}
                />
              )}
              <Figure
                label="Status"
                field={`${field}.expect.status`}
                value={test.status}
                onValue={(status) => put(index, { ...test, status })}
              />
              <Text
                label="Text in the answer"
                field={`${field}.expect.bodyContains`}
                value={test.contains}
                onValue={(contains) => put(index, { ...test, contains })}
              />
              <Figure
                label="Within, ms"
                field={`${field}.expect.maxMs`}
                value={test.within}
                onValue={(within) => put(index, { ...test, within })}
              />
            </div>
            <Button
              tone="quiet"
              className="mt-5"
              aria-label={`Remove the test ${test.name}`}
              onClick={() => onTests(tests.toSpliced(index, 1))}
              icon={<X aria-hidden className="size-4" />}
            />
          </div>
        );
      })}
      <Button size="small" onClick={add} icon={<Plus aria-hidden className="size-3.5" />}>
        Add a request
      </Button>
    </fieldset>
  );
}
