import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { COMMIT, github, githubPush, gitlab, gitlabPush, gitlabSigned, standard } from "./testing/sender.ts";
import { CREATING, type Stage, stage } from "./testing/stage.ts";

let app: Stage;
beforeAll(async () => {
  app = await stage();
});
afterAll(() => app?.close());

let count = 0;
const fresh = (over: object): object => ({ name: `trigger-${++count}`, source: "github", action: CREATING, ...over });
const id = (): string => `72d3162e-cc78-11e3-81ab-${String(++count).padStart(12, "0")}`;

const rollouts = async (version: string): Promise<number> => {
  const { body } = await app.ask("GET", "/v1/rollouts?limit=200", { headers: app.admin });
  return (body as { items: { toVersion: string }[] }).items.filter(({ toVersion }) => toVersion === version).length;
};

describe("a push of a tag at GitHub", () => {
  test("creates the version with where it came from, and delivers it", async () => {
    const trigger = await app.trigger(fresh({ filters: { repositories: ["acme/greeter"], tags: ["v*"] } }));
    const sent = await github(trigger.secret, "push", githubPush("refs/tags/v1.1.0"), id());
    const answer = await app.send(trigger.id, sent);
    expect(answer).toMatchObject({
      status: 202,
      body: {
        outcome: "started",
        reason: "version 1.1.0 goes to greeter in staging",
        version: "1.1.0",
        duplicate: false,
        actor: expect.stringMatching(/^trigger:trigger-/),
        source: { type: "tag", repository: "acme/greeter", tag: "v1.1.0", commit: COMMIT, branch: null },
        rollouts: [expect.stringMatching(/^rol_/)],
      },
    });
    const version = await app.ask("GET", "/v1/artifacts/greeter/versions/1.1.0", { headers: app.admin });
    expect(version.body).toMatchObject({
      spec: { image: "greeter:v1.1.0", env: { COMMIT } },
      source: { repository: "acme/greeter", commit: COMMIT, tag: "v1.1.0" },
    });
    expect(await rollouts("1.1.0")).toBe(1);
  });

  test("starts something once, however often it is delivered", async () => {
    const trigger = await app.trigger(fresh({}));
    const sent = await github(trigger.secret, "push", githubPush("refs/tags/v1.2.0"), id());
    const answers = await Promise.all(Array.from({ length: 6 }, () => app.send(trigger.id, sent)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 202));
    expect(answers.filter(({ body }) => (body as { duplicate: boolean }).duplicate)).toHaveLength(5);
    expect(await rollouts("1.2.0")).toBe(1);
  });

  test("is known again under another delivery id, which GitHub does not sign", async () => {
    const trigger = await app.trigger(fresh({}));
    const body = githubPush("refs/tags/v1.3.0");
    const first = await app.send(trigger.id, await github(trigger.secret, "push", body, id()));
    const replay = await app.send(trigger.id, await github(trigger.secret, "push", body, id()));
    const { id: firing } = first.body as { id: string };
    expect(replay.body).toMatchObject({ id: firing, duplicate: true });
  });

  test("is read from a form too", async () => {
    const trigger = await app.trigger(fresh({}));
    const form = new URLSearchParams({ payload: JSON.stringify(githubPush("refs/tags/v1.4.0")) }).toString();
    const { headers } = await github(trigger.secret, "push", {}, id());
    const { sign } = await import("@octokit/webhooks-methods");
    const signed = {
      ...headers,
      "content-type": "application/x-www-form-urlencoded",
      "x-hub-signature-256": await sign(trigger.secret, form),
    };
    expect(await app.send(trigger.id, { headers: signed, payload: form })).toMatchObject({
      body: { outcome: "started", version: "1.4.0" },
    });
  });

  test("and its events create and release find the version there", async () => {
    const trigger = await app.trigger(fresh({}));
    const repository = { full_name: "acme/greeter" };
    const tag = { ref: "v1.5.0", ref_type: "tag", master_branch: "main", repository };
    const release = { action: "published", release: { tag_name: "v1.5.0", target_commitish: "main" }, repository };
    const send = async (event: string, body: object) =>
      (await app.send(trigger.id, await github(trigger.secret, event, body, id()))).body;
    expect(await send("push", githubPush("refs/tags/v1.5.0"))).toMatchObject({ outcome: "started" });
    expect(await send("create", tag)).toMatchObject({ outcome: "unchanged", version: "1.5.0" });
    expect(await send("release", release)).toMatchObject({ outcome: "unchanged", version: "1.5.0" });
  });
});

describe("what is not for a trigger", () => {
  test.each([
    ["ping", { zen: "Design for failure.", hook_id: 1 }, "ignored: a ping"],
    ["issues", { action: "opened" }, "ignored: the event issues"],
    ["push", { zen: "nothing else" }, "ignored: the message is not as GitHub documents it: ref"],
    ["push", githubPush("refs/heads/main"), "ignored: the branch is main; the trigger takes tag v*"],
    [
      "push",
      githubPush("refs/tags/v1", { repository: { full_name: "mallory/greeter" } }),
      "ignored: the repository is mallory/greeter",
    ],
    [
      "push",
      githubPush("refs/tags/v1", { after: "0".repeat(40), deleted: true, head_commit: null }),
      "ignored: refs/tags/v1 was deleted",
    ],
  ])("%s is answered 202 and ignored with the reason", async (event, body, reason) => {
    const trigger = await app.trigger(fresh({ filters: { repositories: ["acme/*"], tags: ["v*"] } }));
    const answer = await app.send(trigger.id, await github(trigger.secret, event, body, id()));
    expect(answer).toMatchObject({
      status: 202,
      body: { outcome: "ignored", reason: expect.stringContaining(reason), rollouts: [] },
    });
  });

  test("is looked at again when it is delivered again after the trigger was enabled", async () => {
    const trigger = await app.trigger(fresh({ enabled: false }));
    const sent = await github(trigger.secret, "push", githubPush("refs/tags/v1.6.0"), id());
    expect((await app.send(trigger.id, sent)).body).toMatchObject({
      reason: "ignored: the trigger is disabled",
      attempts: 1,
    });
    await app.ask("PATCH", `/v1/triggers/${trigger.id}`, { body: { enabled: true }, headers: app.admin });
    expect((await app.send(trigger.id, sent)).body).toMatchObject({ outcome: "started", attempts: 2 });
  });
});

describe("an action that fails", () => {
  test("changes nothing, tells why in the history and by an event, and may be delivered again", async () => {
    const action = { type: "deploy", deployment: "greeter", environment: "staging", version: "{{tag}}" };
    const trigger = await app.trigger(fresh({ action }));
    const sent = await github(trigger.secret, "push", githubPush("refs/tags/v7.0.0"), id());
    const failed = await app.send(trigger.id, sent);
    expect(failed).toMatchObject({
      status: 202,
      body: { outcome: "failed", reason: expect.stringContaining("version v7.0.0 does not exist") },
    });
    const { body } = await app.ask("GET", `/v1/triggers/${trigger.id}/firings?outcome=failed`, { headers: app.admin });
    expect(body).toMatchObject({ items: [{ reason: expect.stringContaining("v7.0.0") }] });
    const events = await app.ask("GET", "/v1/events?limit=200", {
      headers: { ...app.admin, accept: "application/json" },
    });
    expect(events.text).toContain("trigger.failed");
    const made = { version: "v7.0.0", spec: { image: "greeter:7" } };
    await app.ask("POST", "/v1/artifacts/greeter/versions", { body: made, headers: app.admin });
    expect((await app.send(trigger.id, sent)).body).toMatchObject({
      outcome: "started",
      version: "v7.0.0",
      attempts: 2,
    });
  });

  test("leaves no version behind that it had created", async () => {
    const action = { ...CREATING, config: { replicas: 1, resources: { limits: { memory: "900Gi" } } } };
    const trigger = await app.trigger(fresh({ action }));
    const answer = await app.send(
      trigger.id,
      await github(trigger.secret, "push", githubPush("refs/tags/v8.0.0"), id()),
    );
    expect(answer.body).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining("config.resources.limits.memory"),
    });
    expect((await app.ask("GET", "/v1/artifacts/greeter/versions/8.0.0", { headers: app.admin })).status).toBe(404);
  });

  test("a tag that was moved to another commit does not change the version it made", async () => {
    const trigger = await app.trigger(fresh({}));
    await app.send(trigger.id, await github(trigger.secret, "push", githubPush("refs/tags/v9.0.0"), id()));
    const moved = githubPush("refs/tags/v9.0.0", { after: "a".repeat(40), head_commit: { id: "a".repeat(40) } });
    const answer = await app.send(trigger.id, await github(trigger.secret, "push", moved, id()));
    expect(answer.body).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining("a version never changes"),
    });
  });
});

describe("GitLab", () => {
  test("by its secret token", async () => {
    const trigger = await app.trigger(fresh({ source: "gitlab" }));
    const sent = gitlab(trigger.secret, "Tag Push Hook", gitlabPush("refs/tags/v2.0.0"), id());
    expect((await app.send(trigger.id, sent)).body).toMatchObject({
      outcome: "started",
      version: "2.0.0",
      duplicate: false,
    });
    // Its Idempotency-Key is the delivery, and not a key of ours.
    expect((await app.send(trigger.id, sent)).body).toMatchObject({ version: "2.0.0", duplicate: true });
  });

  test("by its signing token, also one that it made itself", async () => {
    const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
    const trigger = await app.trigger(fresh({ source: "gitlab", secret }));
    expect(trigger.secret).toBe(secret);
    const release = {
      object_kind: "release",
      action: "create",
      tag: "v2.1.0",
      project: { path_with_namespace: "acme/greeter" },
      commit: { id: COMMIT },
    };
    const sent = gitlabSigned(secret, "Release Hook", release, id());
    expect((await app.send(trigger.id, sent)).body).toMatchObject({ outcome: "started", version: "2.1.0" });
    const forged = { ...sent, headers: { ...sent.headers, "webhook-signature": "v1,AAAA", "x-gitlab-token": secret } };
    expect((await app.send(trigger.id, forged)).status).toBe(401);
  });
});

describe("whoever signs as Standard Webhooks has it", () => {
  test("delivers to every deployment of an artifact", async () => {
    const other = { name: "greeter-eu", artifact: "greeter", version: "1.0.0", environment: "staging" };
    await app.ask("POST", "/v1/deployments", { body: other, headers: app.admin });
    const { deployment: _deployment, ...rest } = CREATING;
    const trigger = await app.trigger(fresh({ source: "generic", action: { ...rest, artifact: "greeter" } }));
    const answer = await app.send(trigger.id, standard(trigger.secret, { tag: "v3.0.0", commit: COMMIT }, id()));
    expect(answer.body).toMatchObject({
      outcome: "started",
      reason: "version 3.0.0 goes to greeter, greeter-eu in staging",
    });
    expect(await rollouts("3.0.0")).toBe(2);
  });

  test("not with a signature from ten minutes ago, nor for another body or id", async () => {
    const trigger = await app.trigger(fresh({ source: "generic" }));
    const old = standard(trigger.secret, { tag: "v3.1.0" }, id(), new Date(Date.now() - 600_000));
    expect((await app.send(trigger.id, old)).status).toBe(401);
    const good = standard(trigger.secret, { tag: "v3.1.0" }, id());
    expect((await app.send(trigger.id, { ...good, payload: '{"tag":"v3.1.1"}' })).status).toBe(401);
    expect((await app.send(trigger.id, { ...good, headers: { ...good.headers, "webhook-id": id() } })).status).toBe(
      401,
    );
  });

  test("with fields that are wrong is told which", async () => {
    const trigger = await app.trigger(fresh({ source: "generic" }));
    const answer = await app.send(trigger.id, standard(trigger.secret, { tag: 7 }, id()));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: "tag", found: 7 }] } });
  });
});

describe("a workflow", () => {
  test("is run with the event's values as inputs", async () => {
    const spec = {
      inputs: { tag: { type: "string", required: true }, dry: { type: "boolean" } },
      stages: [{ name: "build", run: { command: ["true"] } }],
    };
    const workflow = { name: "ship", spec };
    const made = await app.ask("POST", "/v1/workflows", { body: workflow, headers: app.admin });
    expect(made.status, made.text).toBeLessThan(300);
    const trigger = await app.trigger(
      fresh({ action: { type: "run", workflow: "ship", inputs: { tag: "{{tag}}", dry: true } } }),
    );
    const answer = await app.send(
      trigger.id,
      await github(trigger.secret, "push", githubPush("refs/tags/v4.0.0"), id()),
    );
    expect(answer.body).toMatchObject({
      outcome: "started",
      reason: "workflow ship runs",
      run: expect.stringMatching(/^wfr_/),
    });
  });
});

test("a job runs because of a tag, with the tag in its environment; a version that is no job fails and says so", async () => {
  const spec = { command: ["true"], process: "job" };
  const url = "/v1/artifacts/greeter/versions";
  await app.ask("POST", url, { body: { version: "9.9.9", spec }, headers: app.admin });
  const action = { type: "job", artifact: "greeter", version: "{{tag}}", stripLeadingV: true, environment: "staging" };
  const { id } = await app.trigger({ name: "jobs", source: "manual", action: { ...action, env: { REF: "{{tag}}" } } });
  const fire = (tag: string) =>
    app.ask("POST", `/v1/triggers/${id}/fire`, { body: { tag }, headers: app.admin }).then(({ body }) => body);
  const fired = (await fire("v9.9.9")) as { run: string };
  expect(fired).toMatchObject({ outcome: "started", run: expect.stringMatching(/^job_/) });
  const job = await app.ask("GET", `/v1/jobs/${fired.run}`, { headers: app.admin });
  expect(job).toMatchObject({ status: 200, body: { artifact: "greeter", version: "9.9.9", environment: "staging" } });
  const reason = expect.stringContaining("no command that could be run");
  expect(await fire("v1.0.0")).toMatchObject({ outcome: "failed", reason, run: null });
});
