import type { Placement, Workload } from "@sluice/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { KINDS } from "../client/kinds.ts";
import { clusterWorkload } from "../kubernetes.harness.ts";
import { cpuQuantity, memoryQuantity } from "./container.ts";
import { leastReplicas, objectsOf } from "./revision.ts";

const made = (changes: Partial<Workload> = {}) =>
  objectsOf(clusterWorkload("shop", "web", { command: ["serve", "$(HOME)"], ...changes }), {
    ...{ namespace: "shop", drainSeconds: 5 },
  });
const kindsOf = (changes: Partial<Workload> = {}) => made(changes).parts.map(({ kind }) => kind.kind);
const specOf = (changes: Partial<Workload> = {}) => made(changes).anchor.manifest.spec;

describe("the objects of a revision", () => {
  test("are those that it needs: nothing empty, nothing for one that is several's", () => {
    expect(kindsOf()).toEqual(["ServiceAccount", "Service", "NetworkPolicy"]);
    expect(kindsOf({ env: { A: "1" }, secrets: { B: "2" }, replicas: 2 })).toEqual([
      ...["ServiceAccount", "ConfigMap", "Secret", "Service", "NetworkPolicy", "PodDisruptionBudget"],
    ]);
    const scaling = { min: 2, max: 5, targetCpu: 80 };
    expect(kindsOf({ scaling })).toContain("HorizontalPodAutoscaler");
    expect(kindsOf({ scaling: { min: 2, max: 5 } })).not.toContain("HorizontalPodAutoscaler");
  });

  test("hold programs closely, and let an environment loosen it", () => {
    expect(specOf()).toMatchObject({
      strategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template: {
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 10,
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              command: ["serve", "$$(HOME)"],
              lifecycle: { preStop: { sleep: { seconds: 5 } } },
              securityContext: {
                ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
              },
            },
          ],
        },
      },
    });
    const placement: Placement = {
      target: { type: "kubernetes", traffic: { type: "sluice" }, isolation: "baseline" },
      project: "shop",
      environment: "production",
      name: "greeter",
      kind: "application",
    };
    const spec = JSON.stringify(specOf({ placement }));
    expect(spec).not.toContain("readOnlyRootFilesystem");
    expect(spec).toContain('"allowPrivilegeEscalation":false');
  });

  // edge case 43
  test("keep what a revision was configured with as long as the revision", () => {
    const [config, secret] = made({ env: { A: "1" }, secrets: { B: "two" } }).parts.filter(({ kind }) =>
      [KINDS.configMap.kind, KINDS.secret.kind].includes(kind.kind),
    );
    expect(config?.manifest).toMatchObject({ immutable: true, data: { A: "1" } });
    expect(secret?.manifest).toMatchObject({ immutable: true, data: { B: Buffer.from("two").toString("base64") } });
    expect(JSON.stringify(specOf({ secrets: { B: "two" } }))).not.toContain("two");
  });

  test("ask for what was requested and limit what was limited, graphics processors too", () => {
    const spec = specOf({
      resources: { memoryMb: 512, cpuCores: 0.5 },
      requests: { memoryMb: 256, cpuCores: 0.25 },
      gpus: 2,
    });
    expect(spec).toMatchObject({
      template: {
        spec: {
          containers: [
            {
              resources: {
                limits: { cpu: "500m", memory: "512Mi", "nvidia.com/gpu": "2" },
                requests: { cpu: "250m", memory: "256Mi" },
              },
            },
          ],
        },
      },
    });
  });

  test("have no port and no Service where nobody is answered, and run to their end as a Job", () => {
    expect(kindsOf({ process: "stream" })).not.toContain("Service");
    expect(JSON.stringify(specOf({ process: "stream" }))).not.toContain("readinessProbe");
    expect(specOf({ process: "stream" })).toMatchObject({ minReadySeconds: 5 });
    expect(made({ process: "job" }).anchor.kind).toBe(KINDS.job);
  });

  // edge case 41
  test("are told to be the same revision by the workload, not by the number of its pods or who asks", () => {
    const { digest } = made({ replicas: 1, fence: 1 });
    expect(made({ replicas: 9, fence: 7 }).digest).toBe(digest);
    expect(made({ image: "other:1" }).digest).not.toBe(digest);
  });

  // edge case 16
  test("never leave an autoscaler with nothing to begin from", () => {
    const bounds = fc.record({ min: fc.nat({ max: 20 }), max: fc.integer({ min: 1, max: 20 }) });
    fc.assert(
      fc.property(fc.nat({ max: 30 }), bounds, (replicas, { min, max }) => {
        const scaling = { min: Math.min(min, max), max, targetCpu: 50 };
        const least = leastReplicas(clusterWorkload("shop", "web", { replicas, scaling }));
        expect(least).toBeGreaterThanOrEqual(1);
        expect(least).toBeLessThanOrEqual(Math.max(1, max));
      }),
    );
  });
});

describe("quantities", () => {
  test("are written as the API server would", () => {
    expect([cpuQuantity(1), cpuQuantity(0.25), cpuQuantity(1.5), cpuQuantity(0.0001)]).toEqual([
      "1",
      "250m",
      "1500m",
      "1m",
    ]);
    expect([memoryQuantity(512), memoryQuantity(2048), memoryQuantity(0.5)]).toEqual(["512Mi", "2Gi", "512Ki"]);
  });
});
