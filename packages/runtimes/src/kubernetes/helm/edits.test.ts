import { expect, test } from "vitest";
import { SILENT } from "../../supervision/policy.ts";
import type { KubeObject } from "../client/kube.types.ts";
import { createEdits, editsIn } from "./edits.ts";

const MANIFEST = `
apiVersion: v1
kind: Service
metadata: { name: iris-r1 }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: iris-r1 }
spec:
  template:
    spec:
      containers:
        - name: model
          image: served:1
          env: [{ name: LEVEL, value: "1" }]
          resources: { limits: { cpu: 1000m, memory: 1024Mi } }
`;

const container = (changes: object = {}) => ({
  ...{ name: "model", image: "served:1", imagePullPolicy: "IfNotPresent", env: [{ name: "LEVEL", value: "1" }] },
  resources: { limits: { cpu: "1", memory: "1Gi" } },
  ...changes,
});

const deployment = (containers: object[], { generation = 2, templates = 2 } = {}): KubeObject & { spec: object } => ({
  metadata: {
    ...{ name: "iris-r1", namespace: "models", uid: "u1", generation },
    annotations: { "deployment.kubernetes.io/revision": String(templates) },
  },
  spec: { template: { metadata: { annotations: { "sluice.dev/restart": "7" } }, spec: { containers } } },
});

test("a release that was only restarted, and written by the API in its own way, is as helm made it", () => {
  expect(editsIn(MANIFEST, deployment([container()]))).toEqual([]);
});

test("what was changed is told field by field, and what was added beside it is not", () => {
  const mesh = { name: "mesh", image: "mesh:2" };
  const changed = container({
    image: "evil:1",
    env: [
      { name: "LEVEL", value: "9" },
      { name: "MORE", value: "1" },
    ],
  });
  expect(editsIn(MANIFEST, deployment([mesh, changed]))).toEqual([
    'Deployment models/iris-r1: spec.template.spec.containers[model].image is "evil:1", was "served:1"',
    'Deployment models/iris-r1: spec.template.spec.containers[model].env[LEVEL].value is "9", was "1"',
  ]);
});

test("a release without such a Deployment says nothing about it", () => {
  expect(editsIn("", deployment([container()]))).toEqual([]);
});

test("helm is asked once for every change, and what it cannot put back is told no more", async () => {
  const asked: string[] = [];
  const changed: string[] = [];
  const edits = createEdits({
    helm: {
      manifest: async ({ name }) => {
        asked.push(name);
        return MANIFEST;
      },
    },
    changed: ({ metadata }) => void changed.push(metadata.name),
    logger: SILENT,
  });
  expect(edits.of(deployment([container({ image: "evil:1" })], { templates: 1 }))).toEqual([]);
  expect(asked).toEqual([]);

  const edited = deployment([container({ image: "evil:1" })]);
  edits.of(edited);
  await expect.poll(() => changed).toEqual(["iris-r1"]);
  expect(edits.of(edited)).toHaveLength(1);
  expect(asked).toHaveLength(1);

  edits.applied(edited);
  expect(edits.of(edited)).toEqual([]);
  const again = deployment([container({ image: "evil:2" })], { generation: 3 });
  edits.of(again);
  await expect.poll(() => edits.of(again)).toHaveLength(1);
  expect(asked).toHaveLength(2);
});

test("a helm that cannot be asked is asked again", async () => {
  let fails = true;
  const edits = createEdits({
    helm: {
      manifest: async () => {
        if (fails) throw new Error("away");
        return MANIFEST;
      },
    },
    changed: () => undefined,
    logger: {
      ...SILENT,
      warn: () => {
        fails = false;
      },
    },
  });
  const edited = deployment([container({ image: "evil:1" })]);
  await expect.poll(() => edits.of(edited)).toHaveLength(1);
});
