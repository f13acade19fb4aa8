import { sharedCluster } from "../../../../test/kubernetes/shared.ts";
import { describeRuntime } from "../suite/runtime.suite.ts";
import { createKubernetesHarness } from "./kubernetes.harness.ts";

describeRuntime("Kubernetes", () => createKubernetesHarness(sharedCluster()));
