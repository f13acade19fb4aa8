import { expect, test } from "vitest";
import { configSchema } from "./config.schema.ts";
import { workloadOf } from "./workload.ts";

const of = (config: object, components?: Record<string, string>) =>
  workloadOf({
    deployment: "dep_1",
    revision: 1,
    fence: 7,
    replicas: 2,
    root: "/srv",
    config: configSchema.parse(config),
    spec: { command: ["node", "server.mjs"], workdir: "app", env: { A: "version", B: "version" }, components },
  });

test("the configuration's variables win over the version's", () => {
  expect(of({ env: { B: "config" } })).toMatchObject({ workdir: "/srv/app", env: { A: "version", B: "config" } });
});

test("limits become numbers, and what is not limited stays open", () => {
  expect(of({ resources: { limits: { memory: "512Mi", cpu: "500m" } } }).resources).toEqual({
    memoryMb: 512,
    cpuCores: 0.5,
  });
  expect(of({}).resources).toEqual({ memoryMb: null, cpuCores: null });
});

test("a program is told the releases of its components, the configuration's before the version's", () => {
  const { env } = of({ components: { ranker: "k1" } }, { ranker: "k2", retriever: "r2" });
  expect(JSON.parse(env.SLUICE_COMPONENTS ?? "")).toEqual({ ranker: "k1", retriever: "r2" });
  expect(of({}).env).not.toHaveProperty("SLUICE_COMPONENTS");
});
