import { readFile, writeFile } from "node:fs/promises";
import type { Workload, WorkloadStatus } from "@sluice/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort } from "../../../../test/kubernetes/programs.ts";
import { sharedCluster } from "../../../../test/kubernetes/shared.ts";
import { eventually } from "../suite/eventually.ts";
import { SILENT } from "../supervision/policy.ts";
import { createCluster } from "./cluster.ts";
import { createKubernetesHarness, type KubernetesHarness } from "./kubernetes.harness.ts";
import { objectName } from "./names.ts";
import { greet, preflight } from "./preflight.ts";

const access = sharedCluster();
const NAME = objectName({ name: "greeter", deployment: "greeter" }, 1);

let harness: KubernetesHarness;
beforeEach(async () => {
  harness = await createKubernetesHarness(access);
});
afterEach(() => harness.dispose());

const kubectl = (args: string[], stdin?: string): Promise<string> =>
  access.kubectl(["-n", harness.namespace, ...args], stdin);
const status = async (): Promise<WorkloadStatus | undefined> => (await harness.runtime.observe("greeter"))[0];
const apply = (changes: Partial<Workload> = {}): Promise<void> =>
  harness.runtime.apply(harness.workload("web", changes));
const becomes = (verdict: WorkloadStatus["verdict"]): Promise<WorkloadStatus> =>
  eventually(`it is ${verdict}`, async () => {
    const now = await status();
    return now?.verdict === verdict ? now : undefined;
  });
const left = (): Promise<string> =>
  kubectl(["get", "deploy,svc,sa,netpol,cm", "-l", "sluice.dev/revision", "-o", "name"]);
const nothingIsLeft = (): Promise<true> =>
  eventually("nothing half-made is left", async () => (await left()) === "" || undefined);

async function withServer(kubeconfig: string, server: string): Promise<string> {
  await writeFile(kubeconfig, (await readFile(kubeconfig, "utf8")).replaceAll(access.url, server));
  return kubeconfig;
}

describe("a cluster that cannot be used", () => {
  const clusterOf = (kubeconfig: string) =>
    createCluster({
      files: [kubeconfig],
      context: null,
      logger: SILENT,
      retry: { attempts: 1, firstMs: 1, mostMs: 1 },
    });

  test("because there is none is unavailable, with the context's name", async () => {
    const kubeconfig = await withServer(
      await access.kubeconfigFor({ user: "admin" }),
      `https://127.0.0.1:${await freePort()}`,
    );
    await expect(greet(clusterOf(kubeconfig))).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/^the cluster of context test: .*ECONNREFUSED/),
    });
  });

  test("because the token has expired says that the credentials are refused", async () => {
    const kubeconfig = await access.kubeconfigFor({ token: "of-yesterday" });
    await expect(greet(clusterOf(kubeconfig))).rejects.toMatchObject({
      code: "unauthenticated",
      message: "the cluster of context test refuses the credentials: Unauthorized",
    });
  });

  test("because one verb is missing names it, and nothing else", async () => {
    const rules = [
      { apiGroups: ["*"], resources: ["*"], verbs: ["get", "list", "watch", "create", "patch", "update"] },
      {
        apiGroups: ["apps", "batch", "policy", "autoscaling", "networking.k8s.io"],
        resources: ["*"],
        verbs: ["delete"],
      },
      { apiGroups: [""], resources: ["configmaps", "secrets", "serviceaccounts"], verbs: ["delete"] },
    ];
    const role = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", metadata: { name: "most" }, rules };
    await kubectl(["create", "-f", "-"], JSON.stringify(role));
    await kubectl(["create", "rolebinding", "most", "--role=most", "--user=developer"]);
    const cluster = clusterOf(await access.kubeconfigFor({ user: "developer" }));
    await expect
      .poll(() => preflight(cluster, harness.namespace, null))
      .toBe(`the credentials of context test may not, in namespace ${harness.namespace}: delete services`);
    expect(await preflight(harness.cluster, harness.namespace, null)).toBeNull();
    expect(await preflight(harness.cluster, "elsewhere", ["here"])).toMatch(
      /none of those that this server looks at: here/,
    );
  });
});

describe("what the cluster refuses is a failed revision in the cluster's words", () => {
  // edge case 44
  test("an object of somebody else is not touched, and its owner is named", async () => {
    await kubectl(["create", "service", "clusterip", NAME, "--tcp=80:80"]);
    await apply();
    expect(await status()).toMatchObject({
      verdict: "failed",
      reason: expect.stringMatching(`^Service ${harness.namespace}/${NAME}: exists and is managed by kubectl`),
    });
    await nothingIsLeft();
    expect(await kubectl(["get", "service", NAME, "-o", "jsonpath={.spec.ports[0].targetPort}"])).toBe("80");
  });

  test("a quota of objects, and nothing half-made stays", async () => {
    await kubectl(["create", "quota", "small", "--hard=services=0"]);
    await expect.poll(() => kubectl(["get", "quota", "small", "-o", "jsonpath={.status.hard.services}"])).toBe("0");
    await apply();
    expect((await status())?.reason).toMatch(/^Service .*: .*exceeded quota: small/);
    await nothingIsLeft();
  });

  test("a quota of pods is waited for until the deadline, saying so", async () => {
    await kubectl(["create", "quota", "small", "--hard=pods=0"]);
    await expect.poll(() => kubectl(["get", "quota", "small", "-o", "jsonpath={.status.hard.pods}"])).toBe("0");
    await apply({ progressDeadlineSeconds: 5 });
    const { reason } = await becomes("failed");
    expect(reason).toMatch(/^Deployment .*: no progress within 5 s: .*exceeded quota: small/);
  });

  test("an image that cannot be pulled", async () => {
    await apply({ image: "example/missing:1" });
    expect((await becomes("failed")).reason).toMatch(
      /^Pod .*: (ErrImagePull|ImagePullBackOff): .*example\/missing:1: not found/,
    );
  });

  test("a policy of admission, and nothing half-made stays", async () => {
    const policy = `no-services-${harness.namespace}`;
    const inNamespace = { matchLabels: { "kubernetes.io/metadata.name": harness.namespace } };
    const rule = { apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["services"] };
    const api = "admissionregistration.k8s.io/v1";
    const objects = [
      {
        ...{ apiVersion: api, kind: "ValidatingAdmissionPolicy", metadata: { name: policy } },
        spec: {
          ...{ failurePolicy: "Fail", matchConstraints: { resourceRules: [rule] } },
          validations: [{ expression: "false", message: "no services on Fridays" }],
        },
      },
      {
        ...{ apiVersion: api, kind: "ValidatingAdmissionPolicyBinding", metadata: { name: policy } },
        spec: { policyName: policy, validationActions: ["Deny"], matchResources: { namespaceSelector: inNamespace } },
      },
    ];
    for (const object of objects) await kubectl(["create", "-f", "-"], JSON.stringify(object));
    try {
      const probe = ["create", "service", "clusterip", "probe", "--tcp=80", "--dry-run=server"];
      await expect.poll(() => kubectl(probe).catch(String)).toContain("Fridays");
      await apply();
      expect((await status())?.reason).toMatch(/^Service .*: .*no services on Fridays/);
      await nothingIsLeft();
    } finally {
      for (const kind of ["validatingadmissionpolicy", "validatingadmissionpolicybinding"])
        await access.kubectl(["delete", kind, policy]);
    }
  });

  test("a namespace that is being deleted", async () => {
    const finalizer = { metadata: { finalizers: ["example.com/stays"] } };
    await kubectl(["create", "configmap", "stays"]);
    await kubectl(["patch", "configmap", "stays", "--type=merge", "-p", JSON.stringify(finalizer)]);
    await access.kubectl(["delete", "namespace", harness.namespace, "--wait=false"]);
    try {
      expect(await preflight(harness.cluster, harness.namespace, null)).toBe(
        `Namespace ${harness.namespace}: is being deleted`,
      );
      await apply();
      expect(await status()).toMatchObject({ verdict: "failed", reason: expect.stringContaining("being terminated") });
    } finally {
      const none = { metadata: { finalizers: null } };
      await kubectl(["patch", "configmap", "stays", "--type=merge", "-p", JSON.stringify(none)]);
    }
  });
});

describe("what somebody else changes", () => {
  // edge case 5
  test("is told object by object, and mended by applying the same again", async () => {
    await apply();
    await becomes("available");
    expect(await status()).not.toHaveProperty("drift");
    await kubectl(["set", "image", `deployment/${NAME}`, "app=evil:1"]);
    await kubectl(["scale", `deployment/${NAME}`, "--replicas=2"]);
    await kubectl(["delete", "service", NAME]);
    await expect
      .poll(async () => (await status())?.drift)
      .toMatch(/image is "evil:1".*spec.replicas is 2, was 1.*Service .* is gone/);
    await apply();
    expect(await status()).not.toHaveProperty("drift");
    await becomes("available");
    expect(await kubectl(["get", "service", NAME, "-o", "name"])).toContain(NAME);
  });

  test("is made anew when it is the whole revision", async () => {
    await apply();
    await becomes("available");
    await kubectl(["delete", "deployment", NAME]);
    await expect.poll(async () => (await status())?.desired ?? 0).toBe(0);
    await apply();
    await becomes("available");
  });

  // edge cases 14, 15
  test("is left alone where it is the autoscaler's to say", async () => {
    const scaling = { min: 1, max: 3, targetCpu: 80 };
    const requests = { memoryMb: 16, cpuCores: 0.01 };
    await apply({ scaling, requests });
    await becomes("available");
    await kubectl(["scale", `deployment/${NAME}`, "--replicas=2"]);
    await expect.poll(async () => (await status())?.instances.length).toBeGreaterThanOrEqual(2);
    expect(await status()).not.toHaveProperty("drift");
    await apply({ scaling, requests, fence: 2 });
    expect(await kubectl(["get", "deployment", NAME, "-o", "jsonpath={.spec.replicas}"])).not.toBe("1");
  });
});
