import { describeRuntime } from "../suite/runtime.suite.ts";
import { createProcessHarness } from "./process.harness.ts";

describeRuntime("process", createProcessHarness);
