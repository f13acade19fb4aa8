import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readMessages } from "../testing/sse.ts";
import { startWorkshop, type Workshop } from "./testing/workflow.fixture.ts";

let shop: Workshop;
beforeAll(async () => {
  shop = await startWorkshop();
});
afterAll(() => shop.close());

const script = (text: string, more: object = {}) => ({ run: { script: text, ...more } });

describe("a run", () => {
  test("runs its stages in order, hands outputs and artifacts on, and tells what happened", async () => {
    const { id } = await shop.run(
      "handing",
      {
        inputs: { name: { default: "world" } },
        env: { GREETING: "hello" },
        stages: [
          {
            name: "build",
            ...script('echo "$GREETING $INPUT_NAME" > out.txt; echo size=11 >> "$SLUICE_OUTPUTS"', {
              artifacts: [{ name: "text", paths: ["*.txt"] }],
            }),
          },
          {
            name: "check",
            needs: ["build"],
            run: {
              command: ["sh", "-c", 'cat in/out.txt; test "$1" = 11', "sh", "{{stages.build.outputs.size}}"],
              use: [{ stage: "build", artifact: "text", into: "in" }],
            },
          },
        ],
      },
      { inputs: { name: "you" } },
    );
    const run = await shop.ended(id);
    expect(run).toMatchObject({ status: "succeeded", reason: null, allowedCommands: [] });
    expect(await shop.logs(id)).toContain("check hello you\n");
    const { items } = await shop.server.call<{ items: { id: string; path: string; sha256: string }[] }>(
      "GET",
      `/v1/workflow-runs/${id}/artifacts`,
    );
    expect(items).toMatchObject([{ stage: "build", name: "text", path: "out.txt", sizeBytes: 10 }]);
    const file = await fetch(`${shop.server.url}/v1/workflow-runs/${id}/artifacts/${items[0]?.id}`);
    expect(await file.text()).toBe("hello you\n");
    expect(file.headers.get("etag")).toBe(`"${items[0]?.sha256}"`);
    await using events = await readMessages(`${shop.server.url}/v1/workflow-runs/${id}/events`);
    expect((await events.take(7)).map(({ event }) => event)).toEqual([
      "workflow.run.queued",
      "workflow.run.started",
      "workflow.stage.started",
      "workflow.stage.succeeded",
      "workflow.stage.started",
      "workflow.stage.succeeded",
      "workflow.run.succeeded",
    ]);
  });

  test("conditions choose a path by inputs, environment, branch and what came of earlier stages", async () => {
    const { id } = await shop.run(
      "paths",
      {
        inputs: { count: { type: "number", default: 3 } },
        environment: "staging",
        stages: [
          { name: "first", ...script("exit 4"), continueOnError: true },
          { name: "a", needs: ["first"], when: 'environment == "staging" && inputs.count > 2', ...script("true") },
          {
            name: "b",
            needs: ["first"],
            when: 'stages.first.status == "failed" && branch.startsWith("rel")',
            ...script("true"),
          },
          { name: "c", needs: ["first"], when: 'tag != ""', ...script("true") },
          { name: "d", needs: ["c"], runOn: "always", when: 'stages["c"].status == "skipped"', ...script("true") },
          { name: "e", when: "inputs.nothing == 1", continueOnError: true, ...script("true") },
        ],
      },
      { ref: { branch: "release-1" } },
    );
    const run = await shop.ended(id);
    expect(Object.fromEntries(run.stages.map(({ task, status }) => [task, status]))).toEqual({
      ...{ first: "failed", a: "succeeded", b: "succeeded", c: "skipped", d: "succeeded", e: "failed" },
    });
    expect(shop.task(run, "e").reason).toBe(
      "its condition: it names inputs.nothing, which is not there; ask has() first",
    );
    expect(run.status).toBe("succeeded");
  });

  test("a matrix runs every combination, side by side", async () => {
    const { id } = await shop.run("matrix", {
      stages: [
        { name: "m", matrix: { os: ["a", "b"], n: [1, 2] }, ...script('echo "on $MATRIX_OS $MATRIX_N"') },
        { name: "after", needs: ["m"], ...script("true") },
      ],
    });
    const run = await shop.ended(id);
    expect(run.stages.map(({ task }) => task)).toEqual(["m-1", "m-2", "m-3", "m-4", "after"]);
    expect(run.status).toBe("succeeded");
    expect(
      (await shop.logs(id, "?stage=m"))
        .split("\n")
        .filter((line) => line.includes(" on "))
        .sort(),
    ).toEqual(["m-1 on a 1", "m-2 on b 1", "m-3 on a 2", "m-4 on b 2"]);
  });

  test("secret inputs reach the command and nobody else", async () => {
    const { id, inputs } = await shop.run(
      "secret",
      {
        inputs: { token: { secret: true } },
        stages: [
          {
            name: "s",
            run: {
              command: [
                "sh",
                "-c",
                'echo "is $1"; test "$INPUT_TOKEN" = s3cr3t-value; echo got="$1" >> "$SLUICE_OUTPUTS"; echo "no: $1" >&2; exit 1',
                "sh",
                "{{inputs.token}}",
              ],
            },
          },
        ],
      },
      { inputs: { token: "s3cr3t-value" } },
    );
    expect(inputs).toEqual({ token: "(not shown)" });
    const run = await shop.ended(id);
    expect(run).toMatchObject({ status: "failed", reason: "s: it exited with status 1; last said: no: •••" });
    expect(await shop.logs(id)).toContain("is •••");
    const events = await fetch(`${shop.server.url}/v1/workflow-runs/${id}/events`, {
      headers: { accept: "application/json" },
    });
    const audit = await shop.server.call("GET", `/v1/audit?subject=${id}`);
    for (const text of [
      JSON.stringify(run),
      await shop.logs(id),
      await events.text(),
      JSON.stringify(audit),
      shop.server.output,
    ]) {
      expect(text).not.toContain("s3cr3t-value");
    }
  });

  test("a stage that fails is tried again, and what came of each attempt can be read", async () => {
    const { id } = await shop.run("retries", {
      stages: [
        {
          name: "flaky",
          retries: 2,
          retryDelaySeconds: 0,
          ...script('echo "attempt $SLUICE_ATTEMPT"; test "$SLUICE_ATTEMPT" = 2'),
        },
      ],
    });
    const run = await shop.ended(id);
    expect(shop.task(run, "flaky")).toMatchObject({ status: "succeeded", attempt: 2 });
    expect(await shop.logs(id, "?stage=flaky&attempt=1")).toContain("flaky attempt 1\n");
    expect(await shop.logs(id)).toContain("flaky attempt 2\n");
  });

  test("logs are followed while it runs, until it ends", async () => {
    const { id } = await shop.run("follow", { stages: [{ name: "slow", ...script("echo one; sleep 1; echo two") }] });
    await using stream = await readMessages(`${shop.server.url}/v1/workflow-runs/${id}/logs?follow=true`);
    const lines = await stream.take(100);
    expect(lines.map(({ data }) => data.text)).toEqual(["one", "two"]);
    expect(lines[0]?.data).toMatchObject({ task: "slow", attempt: 1, stream: "stdout" });
  });

  test("a time limit ends a stage that ignores SIGTERM", async () => {
    const { id } = await shop.run("limit", {
      stages: [
        {
          name: "deaf",
          timeoutSeconds: 1,
          ...script("trap '' TERM; setsid sleep 300 & sleep 300", { stopSeconds: 0 }),
        },
      ],
    });
    expect(await shop.ended(id)).toMatchObject({ status: "failed", reason: "deaf: it ran longer than 1 s" });
  });

  test("cancel stops what runs and begins nothing more; retry runs the rest, with what there was", async () => {
    const { id } = await shop.run("cancelled", {
      stages: [
        { name: "made", ...script("echo x > x", { artifacts: [{ name: "x", paths: ["x"] }] }) },
        {
          name: "long",
          needs: ["made"],
          ...script('test -f x; if [ -z "$SLUICE_RETRY" ]; then sleep 300; fi', {
            use: [{ stage: "made", artifact: "x" }],
          }),
        },
        { name: "last", needs: ["long"], ...script("true") },
      ],
    });
    await shop.until(id, (run) => shop.task(run, "long").status === "running");
    await shop.server.call("POST", `/v1/workflow-runs/${id}/cancel`, { comment: "wrong button" });
    const run = await shop.ended(id);
    expect(run).toMatchObject({ status: "cancelled", reason: "cancelled by local", allowedCommands: ["retry"] });
    expect(run.stages.map(({ status }) => status)).toEqual(["succeeded", "cancelled", "cancelled"]);
    const again = await shop.server.call<{ id: string }>("POST", `/v1/workflow-runs/${id}/retry`);
    const next = await shop.until(again.id, (one) => shop.task(one, "long").status === "running");
    expect(shop.task(next, "made")).toMatchObject({ status: "succeeded", carriedFrom: id });
    expect(next.retryOf).toBe(id);
    await shop.server.call("POST", `/v1/workflow-runs/${again.id}/cancel`);
    await shop.ended(again.id);
  });
});

describe("bad requests", () => {
  const refused = async (method: string, path: string, body?: object) => {
    const response = await fetch(`${shop.server.url}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    return {
      status: response.status,
      body: (await response.json()) as { detail: string; errors?: { field: string; allowed: string }[] },
    };
  };

  test.each<[string, object, string, RegExp]>([
    ["a cycle", { stages: [{ name: "a", needs: ["a"], ...script("true") }] }, "spec.stages[0].needs", /a → a/],
    [
      "a condition that does not compile",
      { stages: [{ name: "a", when: "branch ==", ...script("true") }] },
      "stages[0].when",
      /CEL that compiles/,
    ],
    [
      "a condition that is no bool",
      { stages: [{ name: "a", when: "branch", ...script("true") }] },
      "stages[0].when",
      /CEL of type bool/,
    ],
    [
      "a condition that names nothing known",
      { stages: [{ name: "a", when: "env == 'x'", ...script("true") }] },
      "stages[0].when",
      /it may name inputs, environment/,
    ],
    ["an unknown step", { stages: [{ name: "a", shell: "true" }] }, "spec.stages[0].shell", /one of name/],
  ])("%s is refused at its field", async (_name, spec, field, allowed) => {
    const { status, body } = await refused("PUT", "/v1/workflows/bad", { spec });
    expect(status).toBe(400);
    expect(body.errors).toEqual(
      expect.arrayContaining([expect.objectContaining({ field, allowed: expect.stringMatching(allowed) })]),
    );
    expect((await refused("GET", "/v1/workflows/bad")).status).toBe(404);
  });

  test("runs of what is not there, with inputs that do not suit, begin nothing", async () => {
    expect(await refused("POST", "/v1/workflow-runs", { workflow: "nope" })).toMatchObject({ status: 404 });
    await shop.server.call("PUT", "/v1/workflows/typed", {
      spec: { inputs: { n: { type: "number", required: true } }, stages: [{ name: "a", ...script("true") }] },
    });
    expect(await refused("POST", "/v1/workflow-runs", { workflow: "typed", inputs: { n: "1", m: 2 } })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "inputs.m" }, { field: "inputs.n", allowed: "a value of type number" }] },
    });
    expect(
      await refused("POST", "/v1/workflow-runs", { workflow: "typed", inputs: { n: 1 }, environment: "moon" }),
    ).toMatchObject({ status: 404 });
    expect(
      await refused("POST", "/v1/workflow-runs", { workflow: "typed", version: 9, inputs: { n: 1 } }),
    ).toMatchObject({ status: 404 });
    const { items } = await shop.server.call<{ items: unknown[] }>("GET", "/v1/workflow-runs?workflow=typed");
    expect(items).toEqual([]);
  });

  test("a run of another kind or project is not found, and commands say what is allowed", async () => {
    const { id } = await shop.run("done", { stages: [{ name: "a", ...script("true") }] });
    await shop.ended(id);
    for (const path of ["wfr_none", "job_none", "..%2f..%2fetc"]) {
      expect(await refused("GET", `/v1/workflow-runs/${path}`)).toMatchObject({ status: 404 });
    }
    expect(await refused("POST", `/v1/workflow-runs/${id}/cancel`)).toMatchObject({
      status: 409,
      body: { detail: "cancel is not possible while the run is succeeded; allowed: nothing" },
    });
    expect(await refused("GET", `/v1/workflow-runs/${id}/logs?stage=nope`)).toMatchObject({ status: 404 });
    expect(await refused("GET", `/v1/workflow-runs/${id}/artifacts/nope`)).toMatchObject({ status: 404 });
  });

  test("versions never change, and the same content adds none", async () => {
    const spec = { stages: [{ name: "a", ...script("true") }] };
    const first = await shop.server.call<{ version: number; digest: string }>("PUT", "/v1/workflows/versions", {
      spec,
    });
    const same = await shop.server.call<{ version: number }>("PUT", "/v1/workflows/versions", { spec });
    const other = await shop.server.call<{ version: number }>("PUT", "/v1/workflows/versions", {
      spec: { ...spec, description: "two" },
    });
    expect([first.version, same.version, other.version]).toEqual([1, 1, 2]);
    expect(await shop.server.call("GET", "/v1/workflows/versions/versions/1")).toMatchObject({ digest: first.digest });
    const { items } = await shop.server.call<{ items: { version: number }[] }>(
      "GET",
      "/v1/workflows/versions/versions",
    );
    expect(items.map(({ version }) => version)).toEqual([2, 1]);
    expect(await refused("POST", "/v1/workflows", { name: "versions", spec })).toMatchObject({ status: 409 });
  });

  test("checkouts and commands that cannot be are failures of their stage, with the reason", async () => {
    const { id } = await shop.run("cannot", {
      stages: [
        { name: "gone", run: { command: ["true"], checkout: { repository: "no/such/folder" } } },
        { name: "ref", run: { command: ["true"], checkout: { repository: "examples/greeter", ref: "no-such-ref" } } },
        { name: "nothing", run: { command: ["no-such-program-at-all"] } },
        { name: "missing", run: { command: ["sh", "-c", "true"], artifacts: [{ name: "x", paths: ["*.none"] }] } },
        { name: "deploy", deploy: { artifact: "nobody", version: "1", environment: "staging" } },
      ],
    });
    const run = await shop.ended(id);
    expect(run.stages.map(({ status }) => status)).toEqual(["failed", "failed", "failed", "failed", "failed"]);
    expect(run.stages.map(({ reason }) => reason)).toEqual([
      "the folder no/such/folder does not exist in the server's",
      expect.stringMatching(/has no commit, branch or tag no-such-ref$/),
      expect.stringMatching(/status 127/),
      "no file matches *.none of the artifact x",
      expect.stringMatching(/nobody/),
    ]);
  });
});
