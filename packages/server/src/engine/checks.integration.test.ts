import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { configSchema, environmentSchema, routeSchema, VERSION_SPECS } from "@sluice/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { insertRoute } from "../routing/route.store.ts";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { type CandidateFixture, candidateFixture, spec } from "./checks/testing/candidate.fixture.ts";
import type { Candidate } from "./checks.ts";

let database: TestDatabase;
let fixture: CandidateFixture;
beforeAll(async () => {
  database = await testDatabase(2);
});
afterAll(() => database.close());
beforeEach(async () => {
  fixture = await candidateFixture(database);
});
afterEach(() => fixture.close());

const failures = (change: Partial<Candidate>): Promise<string[]> => fixture.failures(change);

describe("the checks of a candidate", () => {
  test("pass for a program that can run, and say what they looked at", async () => {
    const results = await fixture.run();
    expect(results.every((result) => result.passed)).toBe(true);
    expect(results.map((result) => result.name)).toEqual([
      "artifact",
      "target",
      "runnable",
      "workdir",
      "program",
      "resources",
      "health-check",
      "limits-declared",
      "plain-secrets",
      "listens-locally",
      "strategy",
    ]);
    expect(results.every((result) => result.executionMs >= 0 && result.message !== "")).toBe(true);
  });

  test("find a working folder that is missing, is a file, or leaves the root by a symbolic link", async () => {
    await symlink(fixture.folder, join(fixture.root, "escape"));
    expect(await failures(spec({ command: ["serve"], workdir: "nowhere" }))).toEqual([
      expect.stringMatching(/^workdir \(critical\): workdir nowhere does not exist/),
    ]);
    expect(await failures(spec({ command: ["serve"], workdir: "app/notes.txt" }))).toContainEqual(
      expect.stringMatching(/^workdir \(critical\): .* is not a folder/),
    );
    expect(await failures(spec({ command: ["serve"], workdir: "escape" }))).toEqual([
      expect.stringMatching(/^workdir \(critical\): workdir escape leads to .*, outside of /),
    ]);
  });

  test("find what no cluster can run, and what its autoscaler could not count in", async () => {
    const target = { type: "kubernetes", traffic: { type: "sluice" } } as const;
    const cluster = { targets: new Set(["kubernetes"]), preflight: async () => null };
    const found = (change: Partial<Candidate>): Promise<string[]> => fixture.failures({ target, ...change }, cluster);
    const image = spec({ image: `registry.example/app@sha256:${"a".repeat(64)}` });
    expect(await found(spec({ command: ["serve"] }))).toContain(
      "runnable (critical): version 1.0.0 has a command and no image; target kubernetes runs images",
    );
    expect(await found(image)).toEqual([]);
    const scaling = { min: 1, max: 3, targetCpu: 80 };
    expect(await found({ ...image, config: configSchema.parse({ scaling }) })).toContain(
      "runnable (critical): scaling follows the cpu that was requested; resources.requests.cpu says nothing",
    );
    const against = { ...cluster, preflight: async () => "Namespace shop: is being deleted" };
    expect(await fixture.failures({ target, ...image }, against)).toContain(
      "target (critical): target kubernetes: Namespace shop: is being deleted",
    );
  });

  test("find a program that is not there, or that may not be executed", async () => {
    expect(await failures(spec({ command: ["no-such-program"], workdir: "app" }))).toEqual([
      "program (critical): program no-such-program is not on PATH",
    ]);
    expect(await failures(spec({ command: ["./notes.txt"], workdir: "app" }))).toEqual([
      "program (critical): program ./notes.txt is there but may not be executed",
    ]);
  });

  test("say so when the environment's target is not available in this version", async () => {
    const environment = environmentSchema.parse({ targets: [{ type: "kubernetes" }] });
    expect(await failures({ environment, ...spec({ image: "registry.example/app:1" }) })).toContain(
      "target (critical): target kubernetes is not available in this version; available: process",
    );
  });

  test("say so when a version has nothing that the target can run", async () => {
    expect(await failures(spec({ image: "greeter:1" }))).toEqual([
      expect.stringMatching(/^runnable \(critical\): .* target process runs commands/),
    ]);
    const pipeline = VERSION_SPECS.pipeline.parse({ template: "process-baseline-v1" });
    expect(await failures({ kind: "pipeline", spec: pipeline })).toEqual([
      expect.stringMatching(/^collector \(critical\): otelcol, the OpenTelemetry Collector, is not on PATH/),
    ]);
  });

  test("need neither target nor program for a prompt", async () => {
    const prompt = VERSION_SPECS.prompt.parse({ text: "Greet." });
    expect(await failures({ kind: "prompt", spec: prompt })).toEqual([]);
  });

  test("hold an instance to the environment's limits, and requests to their limits", async () => {
    const config = configSchema.parse({
      resources: { limits: { cpu: "4", memory: "512Mi" }, requests: { memory: "1Gi" } },
    });
    expect(await failures({ config })).toEqual([
      "resources (critical): resources.limits.cpu is 4; the environment allows 2; resources.requests.memory (1Gi) is above its limit (512Mi)",
    ]);
  });

  test("find a health check that can never pass within the progress deadline", async () => {
    const config = configSchema.parse({ healthCheck: { timeoutSeconds: 30 }, progressDeadlineSeconds: 10 });
    expect(await failures({ config })).toEqual([
      expect.stringMatching(/^health-check \(high\): .*timeoutSeconds is 30/),
    ]);
  });

  test("hold a rollout to the strategies and the order that the environment allows", async () => {
    const environment = environmentSchema.parse({
      protection: { allowedStrategies: ["blue-green"], requireSuccessIn: "staging" },
    });
    expect(await failures({ environment })).toEqual([
      "strategy (critical): strategy canary is not allowed here; allowed: blue-green",
      "promotion-order (critical): version 1.0.0 has not completed a rollout in staging, which this environment requires first",
    ]);
  });

  // edge case 44
  test("find a route that another deployment has", async () => {
    const { db } = database;
    await db
      .insertInto("artifacts")
      .values({ id: "art_1", project: "default", name: "a", kind: "application" })
      .execute();
    await db
      .insertInto("deployments")
      .values({
        id: "dep_1",
        project: "default",
        environment: "staging",
        name: "first",
        artifact_id: "art_1",
        stable_revision: null,
        replicas: 1,
        deployed_by: "test",
      })
      .execute();
    const route = routeSchema.parse({ path: "/taken" });
    await insertRoute(db, "dep_1", route, 1);
    expect(await failures({ route })).toEqual([
      "route (critical): route /taken is taken by deployment first in staging",
    ]);
    expect(await failures({ route, deployment: "dep_1" })).toEqual([]);
  });
});
