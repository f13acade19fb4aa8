import { inject } from "vitest";
import { describeRuntime } from "../suite/runtime.suite.ts";
import { createDockerHarness } from "./docker.harness.ts";

describeRuntime("docker", () => createDockerHarness(inject("dockerSocket")));
