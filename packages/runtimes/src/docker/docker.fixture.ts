import type { Workload } from "@sluice/core";
import { testWorkload } from "../process/process.harness.ts";

/** Has Node.js and the suite's programs. */
export const FIXTURE_IMAGE = "sluice.test/fixtures:1";

/** One of the suite's programs, as an image. */
export const imageWorkload = (fixture: string, changes: Partial<Workload> = {}): Workload =>
  testWorkload(fixture, { command: ["node", `/app/${fixture}.mjs`], image: FIXTURE_IMAGE, ...changes });
