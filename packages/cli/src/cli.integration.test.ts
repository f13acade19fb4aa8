import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test } from "vitest";
import { EXIT } from "./exit.ts";
import { run } from "./program.ts";
import { type Answers, problem, startApi, type TestApi } from "./testing/api.ts";
import { deployment, event, metrics, rollout } from "./testing/fixtures.ts";
import { testIo } from "./testing/io.ts";

const apis: TestApi[] = [];
afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.close()));
});

/** One run of the command line against a server that gives these answers. */
async function sluice(answers: Answers, argv: string[], options: Parameters<typeof testIo>[0] = {}) {
  const api = await startApi(answers);
  apis.push(api);
  const io = testIo({ ...options, environment: { SLUICE_URL: api.url, ...options.environment } });
  const exitCode = await run(argv, io);
  return { exitCode, out: io.out(), err: io.err(), asked: api.asked, io };
}

const page = (...items: unknown[]) => ({ json: { items, nextCursor: null } });

describe("lists", () => {
  test("are drawn as a table, and printed whole as json and yaml", async () => {
    const answers = { "GET /v1/deployments": page(deployment()) };
    const table = await sluice(answers, ["deploy", "list"]);
    expect(table.out).toMatch(/^NAME +ENVIRONMENT/);
    expect(table.out).toMatch(/greeter +production +application +updating +1\.0\.0 +1\.0\.0 95 %, 1\.1\.0 5 % +3\/3/);
    const json = await sluice(answers, ["deploy", "list", "-o", "json"]);
    expect(JSON.parse(json.out)).toEqual({ items: [deployment()] });
    const yaml = await sluice(answers, ["-o", "yaml", "deploy", "list"]);
    expect(yaml.out).toContain("activeRollout: rol_1");
  });

  test("of artifacts say which version was registered last", async () => {
    const artifact = { id: "art_1", project: "default", kind: "prompt", labels: {}, createdAt: "2026-11-22T10:00:00Z" };
    const items = [
      { ...artifact, name: "greeting", latestVersion: "1.1.0" },
      { ...artifact, name: "salute", latestVersion: null },
    ];
    const { out } = await sluice({ "GET /v1/artifacts": page(...items) }, ["artifact", "list"]);
    expect(out.split("\n").map((line) => line.split(/ +/).slice(0, 3))).toEqual([
      ["NAME", "KIND", "LATEST"],
      ["greeting", "prompt", "1.1.0"],
      ["salute", "prompt", "-"],
      expect.anything(),
    ]);
  });

  test("fetch as many pages as are wanted, and say when there is more", async () => {
    const answers: Answers = {
      "GET /v1/rollouts": ({ path }) =>
        path.includes("cursor=two")
          ? { json: { items: [rollout({ id: "rol_3" })], nextCursor: null } }
          : { json: { items: [rollout({ id: "rol_1" }), rollout({ id: "rol_2" })], nextCursor: "two" } },
    };
    const all = await sluice(answers, ["rollout", "list", "-o", "json"]);
    expect(JSON.parse(all.out).items.map(({ id }: { id: string }) => id)).toEqual(["rol_1", "rol_2", "rol_3"]);
    const two = await sluice(answers, ["rollout", "list", "--limit", "2"]);
    expect(two.out).not.toContain("rol_3");
    expect(two.err).toContain("There is more");
  });

  test("pass filters and the project on", async () => {
    const argv = ["deploy", "list", "-e", "staging", "--label", "team=chat", "--project", "web"];
    const { asked } = await sluice({ "GET /v1/deployments": page() }, argv);
    expect(new URL(asked[0]?.path ?? "", "http://x").searchParams.toString()).toBe(
      "limit=51&project=web&environment=staging&label=team%3Dchat",
    );
  });
});

describe("changes", () => {
  test("creating what is there already rolls the version out to it: a pipeline says the same on every push", async () => {
    const taken = problem(409, "already_exists", "environment production has a deployment my-model", [
      { field: "name", found: "my-model", allowed: "a name that is free in production" },
    ]);
    const argv = ["deploy", "create", "--name", "my-model", "--version", "4b825dc", "--environment", "production"];
    const answers: Answers = {
      "POST /v1/deployments": taken,
      "GET /v1/deployments/my-model": { json: deployment({ name: "my-model", artifact: "my-model" }) },
      "PATCH /v1/deployments/my-model": { status: 202, json: { deployment: deployment(), rollout: rollout() } },
    };
    const { asked, exitCode, err } = await sluice(answers, [...argv, "--replicas", "3"]);
    expect(exitCode).toBe(EXIT.ok);
    expect(asked.at(-1)).toMatchObject({ method: "PATCH", body: { version: "4b825dc", config: { replicas: 3 } } });
    expect(err).toContain("is there already; 4b825dc is rolled out to it");
    const other = { ...answers, "GET /v1/deployments/my-model": { json: deployment({ artifact: "other" }) } };
    const refused = await sluice(other, argv);
    expect(refused.exitCode).toBe(EXIT.refused);
    expect(refused.err).toContain("runs artifact other, not my-model");
  });

  test("a name is given once: as the argument or as a flag", async () => {
    const rest = ["--version", "1", "-e", "staging"];
    const both = await sluice({}, ["deploy", "create", "a", "--name", "b", ...rest]);
    expect(both.err).toContain("the argument names a and --name b");
    const none = await sluice({}, ["deploy", "create", ...rest]);
    expect(none.err).toContain("name is missing");
  });

  test("an image given on the way is registered as the version first, with its artifact where that is new", async () => {
    const { asked } = await sluice(
      {
        "GET /v1/artifacts/greeter": problem(404, "not_found", "no artifact greeter"),
        "POST /v1/artifacts": { status: 201, json: {} },
        "POST /v1/artifacts/greeter/versions": { status: 201, json: {} },
        "POST /v1/deployments": { status: 202, json: { deployment: deployment(), rollout: rollout() } },
      },
      ["deploy", "create", "greeter", "--version", "1.1.0", "-e", "staging", "--image", "greeter:1.1.0"],
    );
    expect(asked.map(({ method, path }) => `${method} ${path.split("?")[0]}`)).toEqual([
      "GET /v1/artifacts/greeter",
      "POST /v1/artifacts",
      "POST /v1/artifacts/greeter/versions",
      "POST /v1/deployments",
    ]);
    expect(asked[2]?.body).toEqual({ version: "1.1.0", spec: { image: "greeter:1.1.0" } });
  });

  test("send what the flags say, with the token and an idempotency key", async () => {
    const { asked, exitCode, out, err } = await sluice(
      { "POST /v1/deployments": { status: 202, json: { deployment: deployment(), rollout: rollout() } } },
      [
        ...["deploy", "create", "greeter", "--version", "1.0.0", "-e", "production", "--replicas", "2"],
        ...["--env", "MODE=good", "--env", "X=a=b", "--route", "/greeter", "--health-path", "/healthz"],
        ...["--strategy", "canary:initialPercentage=5", "--token", "slu_1"],
      ],
    );
    expect(exitCode).toBe(EXIT.ok);
    expect(asked[0]?.body).toEqual({
      name: "greeter",
      artifact: "greeter",
      version: "1.0.0",
      environment: "production",
      config: { replicas: 2, env: { MODE: "good", X: "a=b" }, healthCheck: { path: "/healthz" } },
      route: { path: "/greeter", stripPrefix: true },
      strategy: { type: "canary", initialPercentage: 5 },
    });
    expect(asked[0]?.headers.authorization).toBe("Bearer slu_1");
    expect(asked[0]?.headers["idempotency-key"]).toBeTruthy();
    expect(out).toBe("greeter in production: rollout rol_1 (1.0.0 → 1.1.0, canary) is shifting\n");
    expect(err).toContain("sluice rollout watch rol_1");
  });

  test("that change nothing say so", async () => {
    const answers = { "PATCH /v1/deployments/greeter": { json: { deployment: deployment(), rollout: null } } };
    const { out, exitCode } = await sluice(answers, ["deploy", "update", "greeter", "--version", "1.0.0"]);
    expect(out).toBe("greeter in production is as wanted already\n");
    expect(exitCode).toBe(EXIT.ok);
  });

  test("that change nothing say that the strategy was not used, and which rollout goes on with its own", async () => {
    const argv = ["deploy", "update", "greeter", "--version", "1.1.0", "--strategy", "immediate", "--wait"];
    const answer = (activeRollout: string | null): Answers => ({
      "PATCH /v1/deployments/greeter": { json: { deployment: deployment({ activeRollout }), rollout: null } },
    });
    const idle = await sluice(answer(null), argv);
    expect(idle.exitCode).toBe(EXIT.ok);
    expect(idle.out).toBe("greeter in production is as wanted already\n");
    expect(idle.err).toBe(
      "Nothing to roll out changed, so --strategy immediate was not used: a strategy applies to the next change only. " +
        "Name it again with that change.\n",
    );
    const busy = await sluice(answer("rol_1"), [...argv, "-o", "json"]);
    expect(busy.exitCode).toBe(EXIT.ok);
    expect(JSON.parse(busy.out).rollout).toBeNull();
    expect(busy.err).toContain("Rollout rol_1 goes on with the strategy that it began with.");
  });

  test("that are refused show the server's reason and every bad field", async () => {
    const errors = [{ field: "strategy.bakeSeconds", found: -1, allowed: "0 or more" }];
    const answers = {
      "PATCH /v1/deployments/greeter": problem(400, "invalid_argument", "the body is not right", errors),
    };
    const { err, exitCode } = await sluice(answers, ["deploy", "update", "greeter", "--env", "A=b"]);
    expect(exitCode).toBe(EXIT.usage);
    expect(err).toBe("error: the body is not right\n  strategy.bakeSeconds: found -1; allowed: 0 or more\n");
  });

  test("of a rollout may name its deployment instead of the rollout", async () => {
    const answers = {
      "GET /v1/deployments/greeter": { json: deployment() },
      "POST /v1/rollouts/rol_1/pause": { status: 202, json: rollout({ paused: true }) },
    };
    const { asked, exitCode } = await sluice(answers, ["rollout", "pause", "greeter", "--comment", "lunch"]);
    expect(exitCode).toBe(EXIT.ok);
    expect(asked.at(-1)).toMatchObject({ path: "/v1/rollouts/rol_1/pause", body: { comment: "lunch" } });
  });
});

describe("watching a rollout", () => {
  /** A rollout that goes on for two looks and then ends; its stream brings two of three events. */
  function ending(phase: "completed" | "rolled_back" | "superseded"): Answers {
    let looks = 0;
    const ended = rollout({ phase, outcome: phase, finishedAt: "2026-11-21T10:04:50.000Z", reason: "as it had to be" });
    const events = [event(1), event(2, { alert: true, message: "two\nlines" }), event(3)];
    return {
      "GET /v1/rollouts/rol_1": () => ({ json: ++looks < 3 ? rollout() : ended }),
      "GET /v1/rollouts/rol_1/events": ({ headers }) => ({
        events: headers.accept?.includes("text/event-stream") ? events.slice(0, 2) : events,
      }),
      "GET /v1/deployments/dep_1": { json: deployment() },
      "GET /v1/deployments/dep_1/metrics": { json: metrics() },
    };
  }

  test("prints one line for each event, all of them, and then how it ended", async () => {
    const { out, exitCode } = await sluice(ending("rolled_back"), ["rollout", "watch", "rol_1"]);
    expect(out.split("\n")).toEqual([
      "2026-11-21T10:04:01Z  rollout.phase.changed  event number 1",
      "2026-11-21T10:04:02Z  rollout.phase.changed  two lines",
      "2026-11-21T10:04:03Z  rollout.phase.changed  event number 3",
      "greeter 1.0.0 → 1.1.0 in production rolled_back after 1 min: as it had to be",
      "",
    ]);
    expect(exitCode).toBe(EXIT.rolledBack);
  });

  test("draws a picture on a terminal, and draws it again", async () => {
    const { out, exitCode } = await sluice(ending("completed"), ["rollout", "watch", "rol_1"], { isTTY: true });
    expect(out).toContain("● shift");
    expect(out).toContain("9,000 requests");
    expect(out).toContain("completed after 1 min");
    expect(exitCode).toBe(EXIT.ok);
  });

  test("keeps output for machines apart from the lines for people", async () => {
    const { out, err, exitCode } = await sluice(ending("superseded"), ["rollout", "watch", "rol_1", "-o", "json"]);
    expect(JSON.parse(out)).toMatchObject({ id: "rol_1", phase: "superseded" });
    expect(err).toContain("event number 1");
    expect(exitCode).toBe(EXIT.cancelled);
  });

  test("gives up when --timeout is over, with exit code 10", async () => {
    const answers = { ...ending("completed"), "GET /v1/rollouts/rol_1": { json: rollout() } };
    const { err, exitCode } = await sluice(answers, ["rollout", "watch", "rol_1", "--timeout", "0"]);
    expect(exitCode).toBe(EXIT.timeout);
    expect(err).toContain("rollout rol_1 is still shifting");
  });

  test("ends with the rollout, and when --timeout is over, though the stream of events never answers", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage: () => void = runInNewContext("gc");
    const silent = (phase: "completed" | "shifting"): Answers => ({
      ...ending("completed"),
      "GET /v1/rollouts/rol_1": () => {
        collectGarbage();
        return { json: phase === "shifting" || ++looks < 3 ? rollout() : rollout({ phase, outcome: phase }) };
      },
      "GET /v1/rollouts/rol_1/events": { events: [] },
    });
    let looks = 0;
    expect((await sluice(silent("completed"), ["rollout", "watch", "rol_1"])).exitCode).toBe(EXIT.ok);
    const argv = ["rollout", "watch", "rol_1", "--timeout", "1s"];
    expect((await sluice(silent("shifting"), argv)).exitCode).toBe(EXIT.timeout);
  });

  test("ends cleanly on Ctrl-C and says how to go on", async () => {
    const api = await startApi({ ...ending("completed"), "GET /v1/rollouts/rol_1": { json: rollout() } });
    apis.push(api);
    const io = testIo({ environment: { SLUICE_URL: api.url } });
    const watching = run(["rollout", "watch", "rol_1"], io);
    await expect.poll(() => api.asked.length).toBeGreaterThan(1);
    io.interrupt();
    expect(await watching).toBe(EXIT.interrupted);
    expect(io.err()).toContain("stopped watching; rollout rol_1 goes on");
  });
});

describe("apply", () => {
  const manifest = `kind: Artifact
name: greeter
artifactKind: application
---
kind: Version
artifact: greeter
version: 1.0.0
spec: { command: [node, server.mjs] }
`;
  const artifact = { id: "art_1", project: "default", name: "greeter", kind: "application", labels: {}, createdAt: "" };
  const version = (command: string[]) => ({
    json: { id: "ver_1", artifact: "greeter", version: "1.0.0", digest: "sha256:1", spec: { command, env: {} } },
  });

  test("creates what is missing, in order", async () => {
    const answers = {
      "POST /v1/artifacts": { status: 201, json: artifact },
      "POST /v1/artifacts/greeter/versions": { status: 201, ...version(["node", "server.mjs"]) },
    };
    const { out, asked, exitCode } = await sluice(answers, ["apply", "-f", "-"], { input: manifest });
    expect(out).toBe("Artifact greeter created\nVersion greeter 1.0.0 created\n");
    expect(asked.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual([
      "/v1/artifacts",
      "/v1/artifacts/greeter/versions",
    ]);
    expect(exitCode).toBe(EXIT.ok);
  });

  test("--dry-run changes nothing", async () => {
    const { out, asked } = await sluice({}, ["apply", "-f", "-", "--dry-run"], { input: manifest });
    expect(out).toBe("Artifact greeter would be created\nVersion greeter 1.0.0 would be created\n");
    expect(asked.every(({ method }) => method === "GET")).toBe(true);
  });

  test("leaves alone what is as it should be", async () => {
    const answers = {
      "GET /v1/artifacts/greeter": { json: artifact },
      "GET /v1/artifacts/greeter/versions/1.0.0": version(["node", "server.mjs"]),
    };
    const { out, asked } = await sluice(answers, ["apply", "-f", "-"], { input: manifest });
    expect(out).toBe("Artifact greeter unchanged\nVersion greeter 1.0.0 unchanged\n");
    expect(asked.every(({ method }) => method === "GET")).toBe(true);
  });

  test("refuses another content for a version that exists", async () => {
    const answers = {
      "GET /v1/artifacts/greeter": { json: artifact },
      "GET /v1/artifacts/greeter/versions/1.0.0": version(["node", "other.mjs"]),
    };
    const { err, exitCode } = await sluice(answers, ["apply", "-f", "-"], { input: manifest });
    expect(exitCode).toBe(EXIT.refused);
    expect(err).toContain("version 1.0.0 of greeter exists and cannot be changed; the manifest differs in /command/1");
  });
});

test("a server that does not answer is exit code 6, and says how to start one", async () => {
  const api = await startApi({});
  await api.close();
  const io = testIo({ environment: { SLUICE_URL: api.url } });
  expect(await run(["deploy", "list"], io)).toBe(EXIT.unreachable);
  expect(io.err()).toContain(`no answer from ${api.url}`);
  expect(io.err()).toContain("sluice up");
  expect(io.out()).toBe("");
});

test("a broken audit chain is exit code 4 and names the entry", async () => {
  const answers = { "GET /v1/audit/verify": { json: { valid: false, seq: 7, problem: "its hash is another" } } };
  const { out, exitCode } = await sluice(answers, ["audit", "verify"]);
  expect(out).toBe("the chain is broken at entry 7: its hash is another\n");
  expect(exitCode).toBe(EXIT.refused);
});

test("logs are printed as they are, and followed line by line", async () => {
  const line = { id: "", instance: "i-1", stream: "stdout", text: "hello" };
  const answers: Answers = {
    "GET /v1/deployments/greeter/logs": ({ path }) =>
      path.includes("follow=true") ? { events: [line] } : { text: "i-1 hello\n" },
  };
  const { out } = await sluice(answers, ["logs", "greeter", "--tail", "5"]);
  expect(out).toBe("i-1 hello\n");
  const api = await startApi(answers);
  apis.push(api);
  const io = testIo({ environment: { SLUICE_URL: api.url } });
  const following = run(["logs", "greeter", "-f"], io);
  await expect.poll(() => io.out()).toBe("i-1  hello\n");
  io.interrupt();
  expect(await following).toBe(EXIT.ok);
});

test("logs come with their times to whoever wants them, and go on behind the last line when the connection broke", async () => {
  const line = { id: "dep_1:~", instance: "i-1", stream: "stdout", text: "hello", at: "2026-11-21T09:05:00.000Z" };
  const api = await startApi({
    "GET /v1/deployments/greeter/logs": ({ headers }) =>
      headers["last-event-id"] === undefined
        ? { events: [line] }
        : { events: [{ ...line, id: "dep_1:~abcdefgh=6", text: "again", at: null }] },
  });
  apis.push(api);
  const io = testIo({ environment: { SLUICE_URL: api.url } });
  const following = run(["logs", "greeter", "-f", "--timestamps"], io);
  await expect.poll(() => io.out()).toBe("2026-11-21T09:05:00.000Z  i-1  hello\n");
  api.breakOff();
  await expect.poll(() => io.out()).toBe("2026-11-21T09:05:00.000Z  i-1  hello\n-  i-1  again\n");
  expect(api.asked.at(-1)?.headers["last-event-id"]).toBe("dep_1:~");
  io.interrupt();
  expect(await following).toBe(EXIT.ok);
});
