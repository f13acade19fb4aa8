import { afterEach, beforeEach, describe } from "vitest";
import { describeFaults } from "./faults.suite.ts";
import { describeOutput } from "./output.suite.ts";
import type { RuntimeHarness } from "./runtime.harness.ts";
import { createSubject } from "./subject.ts";
import { describeSupervision } from "./supervision.suite.ts";
import { describeUsage } from "./usage.suite.ts";
import { describeWishes } from "./wishes.suite.ts";

/** The behaviour that every runtime owes to the engine. */
export function describeRuntime(name: string, makeHarness: () => Promise<RuntimeHarness>): void {
  describe(`the ${name} runtime`, () => {
    let harness: RuntimeHarness | null = null;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(async () => {
      await harness?.dispose();
      harness = null;
    });

    const subject = createSubject(() => {
      if (harness === null) throw new Error("only a test has a runtime");
      return harness;
    });
    describeWishes(subject);
    describeSupervision(subject);
    describeFaults(subject);
    describeOutput(subject);
    describeUsage(subject);
  });
}
