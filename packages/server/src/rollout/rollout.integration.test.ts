import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Delivery, startDelivery, WAITING_CANARY } from "../deployment/testing/delivery.fixture.ts";
import type { RolloutView } from "./rollout.schema.ts";

let api: Delivery;
beforeAll(async () => {
  api = await startDelivery();
});
afterAll(() => api.close());

const command = (id: string, name: string, body?: object) =>
  api.ask("POST", `/v1/rollouts/${id}/${name}`, body === undefined ? {} : { body });

/** A canary at 5 % that waits for an approval. */
const waiting = async (name: string): Promise<{ id: string; deployment: string }> => {
  const { id } = await api.serve(name);
  const rollout = await api.rollOut(id, { version: "1.1.0", strategy: WAITING_CANARY });
  await api.until(rollout.id, ({ weight, step }) => weight === 5 && step === 1);
  return { id: rollout.id, deployment: id };
};

describe("commanding a rollout", () => {
  test("pause holds it, resume lets it go on, and both say what is allowed next", async () => {
    const { id } = await waiting("pause");
    expect(await command(id, "pause", { comment: "lunch" })).toMatchObject({
      status: 202,
      body: { paused: true, allowedCommands: expect.arrayContaining(["resume"]) },
    });
    expect(await command(id, "pause")).toMatchObject({
      status: 409,
      body: {
        code: "failed_precondition",
        detail: expect.stringMatching(/^pause is not possible while .*shifting \(paused\); allowed: .*resume/),
      },
    });
    expect(await command(id, "resume")).toMatchObject({ status: 202, body: { paused: false } });
  });

  // edge case 36
  test("a paused wait does not end by itself", async () => {
    const { id: deployment } = await api.serve("timer");
    const steps = [{ setWeight: 5 }, { wait: { seconds: 5 } }, { setWeight: 100 }];
    const { id } = await api.rollOut(deployment, { version: "1.1.0", strategy: { type: "canary", steps } });
    await api.until(id, ({ step, weight }) => step === 1 && weight === 5);
    await command(id, "pause");
    const paused = await api.rollout(id);
    expect(paused).toMatchObject({ paused: true, step: 1, estimatedCompletion: null });
    // Woken again and again, well after the wait is over.
    for (const deadline = Date.now() + 5_500; Date.now() < deadline; ) {
      await api.patch(deployment, {});
      expect(await api.rollout(id)).toMatchObject({ step: 1, weight: 5 });
    }
    await command(id, "resume");
    expect(await api.ended(id)).toMatchObject({ phase: "completed" });
  });

  test("promote skips what is left of the steps, and completes", async () => {
    const { id } = await waiting("promote");
    expect((await command(id, "promote")).status).toBe(202);
    const done = await api.ended(id);
    expect(done).toMatchObject({ phase: "completed", weight: 100 });
    expect(done.steps.map((step) => step.status)).toContain("skipped");
  });

  test("cancel takes the candidate's traffic away and ends cancelled; it can be retried, not cancelled again", async () => {
    const { id } = await waiting("cancel");
    await command(id, "cancel", { comment: "changed my mind" });
    const ended = await api.ended(id);
    expect(ended).toMatchObject({ phase: "cancelled", outcome: "cancelled", allowedCommands: ["retry"] });
    expect(await command(id, "cancel")).toMatchObject({
      status: 409,
      body: { detail: "cancel is not possible while the rollout is cancelled; allowed: retry" },
    });
  });

  // edge case 6
  test("retry runs the same revision again as a rollout of its own, once", async () => {
    const { id } = await waiting("retry");
    await command(id, "rollback");
    await api.ended(id);
    const answers = await Promise.all([command(id, "retry"), command(id, "retry")]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([202, 409]);
    const retried = answers.find((answer) => answer.status === 202)?.body as RolloutView;
    expect(retried).toMatchObject({ retryOf: id, toRevision: 2, fromRevision: 1 });
    expect(retried.id).not.toBe(id);
    expect(retried.steps.map((step) => step.type)).toEqual(["setWeight", "wait", "setWeight"]);
  });

  test("rollback after completion begins a reverse rollout and marks this one", async () => {
    const { id, deployment } = await waiting("reverse");
    await command(id, "promote");
    await api.ended(id);
    const answer = await command(id, "rollback", { comment: "errors" });
    expect(answer).toMatchObject({ status: 202, body: { rollbackOf: id, fromRevision: 2, toRevision: 1 } });
    await api.ended((answer.body as RolloutView).id);
    expect(await api.rollout(id)).toMatchObject({ phase: "rolled_back" });
    expect(await api.deployment(deployment)).toMatchObject({ revision: 1, status: "running" });
  });

  test("of commands that race exactly one wins, and each has its audit entry", async () => {
    const { id } = await waiting("race");
    const answers = await Promise.all(["promote", "rollback", "cancel", "rollback"].map((name) => command(id, name)));
    const won = answers.filter((answer) => answer.status === 202);
    for (const answer of answers) expect([202, 409]).toContain(answer.status);
    const ended = await api.ended(id);
    expect(["completed", "rolled_back", "cancelled"]).toContain(ended.outcome);
    const { rows } = await api.database.pool.query(
      "select action from audit_entries where subject = $1 and actor = 'local'",
      [id],
    );
    expect(rows).toHaveLength(won.length);
    expect(await api.ask("GET", "/v1/audit/verify")).toMatchObject({ status: 200, body: { valid: true } });
  });

  test("a rollback tells that security was the reason, and no other command takes one", async () => {
    const { id } = await waiting("violated");
    expect(await command(id, "pause", { trigger: "security_violation" })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "trigger" }] },
    });
    expect(await command(id, "rollback", { trigger: "manual" })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "trigger", found: "manual" }] },
    });
    const body = { trigger: "security_violation", comment: "a token leaked" };
    expect((await command(id, "rollback", body)).status).toBe(202);
    const ended = await api.ended(id);
    expect(ended).toMatchObject({ phase: "rolled_back", trigger: "security_violation" });
    expect(ended.explanation).toContain("a token leaked");
  });

  test("gates that wait are judged anew by command, and the view tells until when they are waited for", async () => {
    const { id: deployment } = await api.serve("gated");
    const gate = { artifact: "greeter", conditions: [{ type: "eval_score", dataset: "smoke", threshold: 0.9 }] };
    await api.ask("PUT", "/v1/gates/quality", { body: gate });
    try {
      const { id } = await api.rollOut(deployment, { version: "1.1.0", strategy: { type: "immediate" } });
      const held = await api.until(id, ({ gates }) => gates.length > 0);
      expect(held).toMatchObject({ phase: "gating", waitsUntil: expect.stringMatching(/Z$/) });
      expect(held.explanation).toContain("Waits for the gate quality");
      expect(await command(id, "reevaluate")).toMatchObject({ status: 202, body: { gates: [], waitsUntil: null } });
      await api.until(id, ({ gates }) => gates.length > 0);
      await command(id, "cancel");
      expect(await command(id, "reevaluate")).toMatchObject({ status: 409 });
    } finally {
      await api.ask("DELETE", "/v1/gates/quality");
    }
  });

  // edge case 50
  test("a version whose migration cannot be undone is not rolled back by any road after it serves", async () => {
    const { id: deployment } = await api.serve("migrated");
    const migrations = { up: ["alter table greetings add tone text"], down: [] };
    const spec = { command: ["node", "server.mjs"], workdir: "examples/greeter", env: {}, migrations };
    await api.ask("POST", "/v1/artifacts/greeter/versions", { body: { version: "9.0.0", spec } });
    const { id } = await api.rollOut(deployment, { version: "9.0.0", strategy: { type: "immediate" } });
    expect((await api.ended(id)).phase).toBe("completed");
    const refused = { status: 409, body: { detail: expect.stringContaining("migration") } };
    expect(await command(id, "rollback")).toMatchObject(refused);
    const road = `/v1/deployments/${deployment}/rollback`;
    expect(await api.ask("POST", road, { body: { reason: "x" } })).toMatchObject(refused);
    expect(await api.ask("POST", road, { body: { toRevision: 1, reason: "x" } })).toMatchObject(refused);
    expect(await api.ask("POST", road, { body: { scope: "version", reason: "x" } })).toMatchObject(refused);
  });

  test("an unknown command, rollout or field is refused by name", async () => {
    const { id } = await waiting("unknown");
    expect(await command(id, "explode")).toMatchObject({
      status: 400,
      body: {
        code: "invalid_argument",
        errors: [
          {
            field: "path.command",
            found: "explode",
            allowed: "one of approve, reject, pause, resume, promote, reevaluate, rollback, cancel, retry",
          },
        ],
      },
    });
    expect(await command(id, "pause", { coment: "typo" })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "coment", found: "typo", allowed: "one of comment, trigger" }] },
    });
    expect(await command("rol_none", "pause")).toMatchObject({
      status: 404,
      body: { code: "not_found", detail: "rollout rol_none does not exist" },
    });
    expect((await api.rollout(id)).paused).toBe(false);
  });
});

describe("approvals", () => {
  beforeAll(async () => {
    const { body } = await api.ask("GET", "/v1/environments/staging");
    const { protection, ...rest } = body as { protection: object };
    await api.ask("PUT", "/v1/environments/staging", {
      body: { ...rest, protection: { ...protection, requiredApprovals: 1, fourEyes: false } },
    });
  });

  test("an environment's required approvals are waited for before anything starts", async () => {
    const { rollout, deployment } = await api.create("approved", { environment: "staging" });
    const asked = await api.until(rollout.id, ({ phase }) => phase === "awaiting_approval");
    expect(asked).toMatchObject({ requiredApprovals: 1, approvals: [], estimatedCompletion: null });
    expect((await api.deployment(deployment.id)).split).toMatchObject([{ instances: { desired: 0, ready: 0 } }]);
    expect(await command(rollout.id, "approve", { comment: "fine" })).toMatchObject({
      status: 202,
      body: { approvals: [{ actor: "local", comment: "fine" }] },
    });
    expect(await api.ended(rollout.id)).toMatchObject({ phase: "completed" });
  });

  test("a rejected one ends with the reason and has moved nothing", async () => {
    const { rollout, deployment } = await api.create("rejected", { environment: "staging" });
    await api.until(rollout.id, ({ phase }) => phase === "awaiting_approval");
    await command(rollout.id, "reject", { comment: "not on a Friday" });
    expect(await api.ended(rollout.id)).toMatchObject({
      phase: "cancelled",
      reason: "rejected by local: not on a Friday",
    });
    expect(await api.deployment(deployment.id)).toMatchObject({ status: "failed" });
  });
});

describe("listing rollouts", () => {
  test("filters by deployment, phase and environment, and pages newest first without a gap", async () => {
    const { id } = await api.serve("listed");
    for (const version of ["1.1.0", "1.0.0", "1.2.0"]) await api.ended((await api.rollOut(id, { version })).id);
    const seen: string[] = [];
    for (let url = `/v1/rollouts?deployment=${id}&limit=3`; ; ) {
      const { items, nextCursor } = (await api.ask("GET", url)).body as {
        items: RolloutView[];
        nextCursor: string | null;
      };
      seen.push(...items.map((rollout) => rollout.toVersion));
      if (nextCursor === null) break;
      url = `/v1/rollouts?deployment=${id}&limit=3&cursor=${nextCursor}`;
    }
    expect(seen).toEqual(["1.2.0", "1.0.0", "1.1.0", "1.0.0"]);
    const byPhase = await api.ask("GET", `/v1/rollouts?deployment=${id}&phase=failed&phase=completed`);
    expect((byPhase.body as { items: unknown[] }).items).toHaveLength(4);
    expect((await api.ask("GET", `/v1/rollouts?deployment=${id}&environment=production`)).body).toMatchObject({
      items: [],
    });
    expect(await api.ask("GET", "/v1/rollouts?phase=flying")).toMatchObject({
      status: 400,
      body: { code: "invalid_argument" },
    });
  });
});
