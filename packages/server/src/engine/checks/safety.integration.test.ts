import { configSchema, digestOf, VERSION_SPECS } from "@sluice/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { type CandidateFixture, candidateFixture, config, environment, spec } from "./testing/candidate.fixture.ts";

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

const STRICT = environment({ validationLevel: "strict" });
const SERVE = { command: ["serve"], workdir: "app" };

describe("the artifact's check", () => {
  test("finds a version whose content is no longer what was registered", async () => {
    const { db } = database;
    await db
      .insertInto("artifacts")
      .values({ id: "art_x", project: "default", name: "x", kind: "application" })
      .execute();
    const version = { id: "ver_x", artifact_id: "art_x", version: "1.0.0", digest: digestOf({ command: ["other"] }) };
    await db
      .insertInto("versions")
      .values({ ...version, spec: JSON.stringify(SERVE), source: JSON.stringify(null), created_by: "test" })
      .execute();
    expect(await fixture.failures({ versionId: "ver_x" })).toEqual([
      expect.stringMatching(/^artifact \(critical\): version 1\.0\.0 of x was registered with the content sha256:/),
    ]);
    expect(await fixture.failures({ versionId: "ver_gone" })).toEqual([
      "artifact (critical): version 1.0.0 does not exist any more; register it again",
    ]);
  });

  test("tells of a migration that cannot be taken back, and stops nothing for it", async () => {
    const up = { ...SERVE, migrations: { up: ["alter table"], down: [] } };
    expect(await fixture.failures({ ...spec(up), ...config({}) })).toEqual([
      expect.stringMatching(/^migrations \(low\): .* declares 1 migrations up and none down/),
    ]);
  });
});

describe("secrets in clear text", () => {
  const withSecrets = {
    ...spec({ ...SERVE, env: { API_TOKEN: "hunter2hunter2" } }),
    ...config({ env: { DB_PASSWORD: "correct horse" }, healthCheck: { path: "/healthz" } }),
  };

  test.each([
    ["basic", "low"],
    ["standard", "medium"],
    ["strict", "high"],
  ])("weigh at level %s as %s, and are named without their values", async (validationLevel, severity) => {
    const failures = await fixture.failures({ ...withSecrets, ...environment({ validationLevel }) });
    expect(failures).toContainEqual(
      expect.stringMatching(
        new RegExp(`^plain-secrets \\(${severity}\\): API_TOKEN, DB_PASSWORD hold secrets in clear`),
      ),
    );
    expect(failures.join()).not.toMatch(/hunter2|horse/);
  });

  test("are looked for in what is in force: the configuration wins over the version", async () => {
    const overridden = { ...withSecrets, ...config({ env: { API_TOKEN: "", MODE: "good" } }) };
    expect(await fixture.failures(overridden)).toEqual([]);
  });
});

describe("a program that listens everywhere", () => {
  test.each([
    [{ ...SERVE, env: { HOST: "0.0.0.0" } }, "HOST=0.0.0.0"],
    [{ ...SERVE, env: { BIND_ADDRESS: "[::]:8080" } }, "BIND_ADDRESS=[::]:8080"],
    [{ ...SERVE, command: ["serve", "--host", "0.0.0.0"] }, "--host 0.0.0.0"],
    [{ ...SERVE, command: ["serve", "--bind=::"] }, "--bind ::"],
  ])("is found by %j", async (input, told) => {
    expect(
      (await fixture.failures({ ...spec(input), ...STRICT })).filter((line) => line.startsWith("listens")),
    ).toEqual([
      `listens-locally (medium): ${told} lets everybody reach the program past the gateway and its guard; 127.0.0.1 is enough`,
    ]);
  });

  test("is not one that listens on loopback or talks to another host", async () => {
    const input = { ...SERVE, command: ["serve", "--host", "127.0.0.1"], env: { DB_HOST: "db", HOST: "::1" } };
    expect(await fixture.failures(spec(input))).toEqual([]);
  });
});

test.each([
  ["greeter", "strict", "high"],
  ["registry:5000/greeter", "strict", "high"],
  ["greeter:latest", "standard", "medium"],
])("image %s is not named well enough at level %s", async (image, validationLevel, severity) => {
  const docker = environment({ validationLevel, targets: [{ type: "docker" }] });
  const found = await fixture.failures({ ...spec({ image }), ...docker }, { targets: new Set(["docker"]) });
  expect(found).toContainEqual(expect.stringMatching(new RegExp(`^image \\(${severity}\\): image ${image} means`)));
  const digest = `greeter@sha256:${"a".repeat(64)}`;
  for (const good of ["registry:5000/greeter:1.2.0", digest]) {
    const failures = await fixture.failures({ ...spec({ image: good }), ...docker }, { targets: new Set(["docker"]) });
    expect(failures.filter((line) => line.startsWith("image"))).toEqual([]);
  }
});

test("a strict environment hears advice that stops nothing, and a mild one does not hear it", async () => {
  const line = spec({ ...SERVE, command: ["/bin/sh", "-c", "serve --port $PORT"] });
  expect((await fixture.failures({ ...line, ...STRICT })).map((failure) => failure.split(":")[0])).toEqual([
    "health-path (low)",
    "limits-declared (low)",
    "shell (low)",
  ]);
  expect(await fixture.failures({ ...line, ...environment({ validationLevel: "basic" }) })).toEqual([]);
});

describe("the environment's own rules", () => {
  test("must leave enough people who may approve", async () => {
    const protection = { requiredApprovals: 2, approvers: ["ann"] };
    expect(await fixture.failures(environment({ protection }))).toEqual([
      expect.stringMatching(
        /^approvals \(critical\): the environment asks for 2 approvals and names 1 who may give one/,
      ),
    ]);
    expect(await fixture.failures(environment({ protection: { ...protection, approvers: ["ann", "bob"] } }))).toEqual(
      [],
    );
  });

  test("are compared with what the machine has", async () => {
    const capacity = { memoryMb: 1_024, cpuCores: 4 };
    expect(await fixture.failures({}, { capacity })).toEqual([
      expect.stringMatching(
        /^environment-limits \(low\): one instance may use 2048 MiB .* the machine has 1024 MiB and 4/,
      ),
    ]);
  });
});

describe("the quota of the machine", () => {
  const capacity = { memoryMb: 4_096, cpuCores: 2 };
  const asking = (memory: string, cpu: string, replicas: number) =>
    config({ replicas, resources: { requests: { memory, cpu } } });

  test("counts every wanted instance of whatever environment, and the candidate in full", async () => {
    const { db } = database;
    const requests = { memory: "1Gi", cpu: "250m" };
    await db
      .insertInto("artifacts")
      .values({ id: "art_q", project: "default", name: "q", kind: "application" })
      .execute();
    const version = { id: "ver_q", artifact_id: "art_q", version: "1", digest: digestOf(SERVE), created_by: "test" };
    await db
      .insertInto("versions")
      .values({ ...version, spec: JSON.stringify(SERVE), source: JSON.stringify(null) })
      .execute();
    const deployment = { id: "dep_q", project: "default", environment: "staging", name: "q", artifact_id: "art_q" };
    await db
      .insertInto("deployments")
      .values({ ...deployment, stable_revision: 1, replicas: 3, deployed_by: "test" })
      .execute();
    const revision = { deployment_id: "dep_q", number: 1, version_id: "ver_q", digest: "d", created_by: "test" };
    await db
      .insertInto("revisions")
      .values({ ...revision, config: JSON.stringify(configSchema.parse({ resources: { requests } })) })
      .execute();
    await db.insertInto("workloads").values({ deployment_id: "dep_q", revision: 1, replicas: 3 }).execute();

    expect(await fixture.failures(asking("512Mi", "100m", 3), { capacity })).toEqual([
      "quota (medium): what runs asks for 3072 MiB and 0.75 cores, and 3 × 512 MiB and 0.1 cores come with this revision; the machine has 4096 MiB and 2 cores; lower resources.requests.memory or the replicas",
    ]);
    expect(await fixture.failures(asking("512Mi", "100m", 2), { capacity })).toEqual([]);
    // As the update of that deployment itself: what its person wants now counts, not what its configuration began with.
    expect(await fixture.failures({ deployment: "dep_q", ...asking("512Mi", "100m", 1) }, { capacity })).toHaveLength(
      1,
    );
  });

  test("weighs processor time lightly, and asks nothing of who declares nothing", async () => {
    expect(await fixture.failures(asking("1Mi", "1500m", 2), { capacity })).toEqual([
      expect.stringMatching(/^quota \(low\): .* 2 × 1 MiB and 1\.5 cores/),
    ]);
    expect(await fixture.failures(config({ replicas: 1_000 }), { capacity })).toEqual([]);
  });
});

test("a prompt is not asked for ports, programs, limits or health", async () => {
  const prompt = VERSION_SPECS.prompt.parse({ text: "Greet." });
  const results = await fixture.run({ kind: "prompt", spec: prompt, ...STRICT });
  expect(results.map(({ name }) => name)).toEqual([...["artifact", "target", "plain-secrets", "strategy"]]);
  expect(results.every(({ passed }) => passed)).toBe(true);
});
