import { beforeAll } from "vitest";
import { sharedCluster } from "../../../../../test/kubernetes/shared.ts";
import { describeRuntime } from "../../suite/runtime.suite.ts";
import { createChartHarness, pushServed } from "./chart.harness.ts";

const access = sharedCluster();
beforeAll(() => pushServed(access));

describeRuntime("Kubernetes (charts)", () => createChartHarness(access));
