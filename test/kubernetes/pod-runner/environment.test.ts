import { expect, test } from "vitest";
import { environmentOf, expand, quantity, type Sources } from "./environment.ts";
import type { Container, Pod } from "./pod.types.ts";

const container: Container = { name: "web", image: "web:1" };
const pod: Pod = {
  metadata: { name: "web-0", namespace: "shop", labels: { app: "web" } },
  spec: { containers: [container], nodeName: "node-0" },
  status: { podIP: "198.18.0.2" },
};
const sources: Sources = {
  configMap: async (name) => (name === "settings" ? { GREETING: "hello", LEVEL: "info" } : null),
  secret: async (name) => (name === "keys" ? { TOKEN: "s3cret" } : null),
};
const resolve = (part: Partial<Container>): Promise<Record<string, string>> =>
  environmentOf(pod, { ...container, ...part }, sources);

test("names in brackets stand for variables, and the unknown stays as it is", () => {
  expect(expand("$(A)-$(B) $$(A) $A", { A: "1" })).toBe("1-$(B) $(A) $A");
});

test("what comes later wins, and sees what came before", async () => {
  const env = [
    { name: "LEVEL", value: "debug" },
    { name: "BOTH", value: "$(GREETING) at $(LEVEL)" },
  ];
  const envFrom = [{ configMapRef: { name: "settings" } }, { prefix: "KEY_", secretRef: { name: "keys" } }];
  expect(await resolve({ env, envFrom })).toEqual({
    GREETING: "hello",
    LEVEL: "debug",
    KEY_TOKEN: "s3cret",
    BOTH: "hello at debug",
  });
});

test("fields of the pod and amounts of the container are filled in", async () => {
  const env = [
    { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "ADDRESS", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    { name: "APP", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
    { name: "MEMORY", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
  ];
  const resources = { limits: { memory: "64Mi" } };
  expect(await resolve({ env, resources })).toEqual({
    NAME: "web-0",
    ADDRESS: "198.18.0.2",
    APP: "web",
    MEMORY: "64",
  });
});

test.each([
  [{ envFrom: [{ configMapRef: { name: "gone" } }] }, 'configmap "gone" not found'],
  [{ envFrom: [{ secretRef: { name: "gone" } }] }, 'secret "gone" not found'],
  [
    { env: [{ name: "A", valueFrom: { secretKeyRef: { name: "keys", key: "OTHER" } } }] },
    "couldn't find key OTHER in Secret shop/keys",
  ],
])("what is missing is named as a kubelet names it: %j", async (part, message) => {
  await expect(resolve(part)).rejects.toThrow(message);
});

test("what is optional may be missing", async () => {
  const valueFrom = { configMapKeyRef: { name: "settings", key: "NONE", optional: true } };
  expect(await resolve({ env: [{ name: "A", valueFrom }] })).toEqual({});
});

test.each([
  ["250m", 0.25],
  ["2", 2],
  ["64Mi", 67_108_864],
  ["1G", 1e9],
])("%s is %d", (text, number) => expect(quantity(text)).toBe(number));
