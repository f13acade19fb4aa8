import type { Instant, TestOptions, TestResult, VersionSpec } from "@sluice/core";

/** An instance of the candidate, asked directly and never through the route. */
export interface TestedInstance {
  /** As the runtime calls it. */
  id: string;
  host: string;
  port: number;
}

/** What the tests of one candidate are given. */
export interface CandidateTestRun {
  options: TestOptions;
  /** Those that are ready; tests are spread over them. */
  instances: readonly TestedInstance[];
  /** Of the candidate: its `sbom` is checked for known vulnerabilities. */
  version: VersionSpec;
  /** The last lines of one instance's log, oldest first; a thousand are plenty. */
  logs: (instance: string) => Promise<readonly string[]>;
  /** Folder of OSV entries (`SLUICE_OSV_DIR`); null: none is kept here. */
  osvFolder: string | null;
  now: () => Instant;
}

/**
 * Every planned test, each time one of them has begun or ended. Those to come have status `running` from the first call
 * on, so that a list without `running` is a finished one.
 */
export type TestProgress = (results: TestResult[]) => void;

/**
 * Runs every test that `run.options` asks for and answers their results in the order they were run; an empty list when
 * none is asked for. A test that cannot be carried out is a result with status `error`, never an exception. Rejects with
 * the signal's reason when aborted, after everything it started has ended.
 */
export type RunCandidateTests = (
  run: CandidateTestRun,
  signal: AbortSignal,
  onProgress: TestProgress,
) => Promise<TestResult[]>;
