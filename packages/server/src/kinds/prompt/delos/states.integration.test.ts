import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, GrpcFailure } from "../../../grpc/testing/reflecting.client.ts";
import { DELOS_STATUSES } from "./status.ts";
import { type Delos, startDelos } from "./testing/delos.fixture.ts";

let delos: Delos;
beforeAll(async () => {
  delos = await startDelos();
});
afterAll(() => delos.close());

const IMMEDIATE = { type: "DEPLOYMENT_TYPE_IMMEDIATE" };
const SLOW = { type: "DEPLOYMENT_TYPE_GRADUAL", initial_percentage: 10, increment: 10, interval_seconds: 600 };

const deliver = async (prompt_id: string, to_version: number, more: object = {}): Promise<Answer> => {
  const request = { prompt_id, to_version, environment: "production", strategy: IMMEDIATE, skip_approval: true };
  return (await delos.call("CreateDeployment", { ...request, ...more })).deployment;
};

const refused = async (method: string, id: string): Promise<string> => {
  const error: unknown = await delos.call(method, { id }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof GrpcFailure && error.code === "FAILED_PRECONDITION") return error.message;
  throw new Error(`${method} was not refused`, { cause: error });
};

describe("the states of a deployment", () => {
  test("are all reached, each by its name, and each allows what the document lets it", async () => {
    await delos.prompt("tour", 9);
    const seen = new Set<string>();
    const meet = (deployment: Answer): Answer => {
      seen.add(deployment.status);
      return deployment;
    };
    const first = meet(await delos.serve("tour", 1));

    // PENDING_APPROVAL: until somebody approves; nothing can be taken back, everything can be cancelled.
    const asked = meet(await deliver("tour", 2, { skip_approval: false, strategy: SLOW }));
    expect(asked).toMatchObject({ status: "PENDING_APPROVAL", from_version: 1, approved_by: "" });
    expect(await refused("RollbackDeployment", asked.id)).toContain(
      "is PENDING_APPROVAL; it must be IN_PROGRESS or COMPLETED",
    );

    // PENDING_GATES: an evaluation is waited for.
    const condition = { type: "eval_score", operator: "gte", threshold: 0.9, dataset_id: "golden-set" };
    await delos.call("CreateQualityGate", { name: "Tour", prompt_id: "tour", required: true, conditions: [condition] });
    await delos.call("ApproveDeployment", { id: asked.id, comment: "go" });
    meet(await delos.until(asked.id, "PENDING_GATES"));
    expect(await refused("ApproveDeployment", asked.id)).toContain("is PENDING_GATES; it must be PENDING_APPROVAL");

    // IN_PROGRESS, once the evaluation is there; then taken back.
    await delos.evaluate("tour", 2, "golden-set", { score: 0.95 });
    meet(await delos.until(asked.id, "IN_PROGRESS"));
    const { deployment: back } = await delos.call("RollbackDeployment", { id: asked.id, reason: "no" });
    expect(meet(back)).toMatchObject({ status: "ROLLED_BACK", rolled_back_by: "" });
    expect(await refused("CancelDeployment", asked.id)).toContain("CancelDeployment is not possible");

    // GATES_FAILED: the score is too low.
    await delos.evaluate("tour", 3, "golden-set", { score: 0.5 });
    const failed = meet(await delos.until((await deliver("tour", 3)).id, "GATES_FAILED"));
    expect(failed.reason).toContain("tour-tour");

    // CANCELLED, at the gates and in progress.
    const waiting = await delos.until((await deliver("tour", 4)).id, "PENDING_GATES");
    meet((await delos.call("CancelDeployment", { id: waiting.id, reason: "later" })).deployment);
    await delos.evaluate("tour", 5, "golden-set", { score: 1 });
    const running = await delos.until((await deliver("tour", 5, { strategy: SLOW })).id, "IN_PROGRESS");
    const { deployment: cancelled } = await delos.call("CancelDeployment", { id: running.id });
    expect(cancelled.status).toBe("CANCELLED");

    // COMPLETED; then ROLLED_BACK by a deployment that reverses it.
    await delos.evaluate("tour", 6, "golden-set", { score: 1 });
    const done = meet(await delos.until((await deliver("tour", 6)).id, "COMPLETED"));
    const answer = await delos.call("RollbackDeployment", { id: done.id, reason: "it talks nonsense" });
    expect(answer.deployment).toMatchObject({ status: "ROLLED_BACK", rolled_back_by: answer.rollback_deployment.id });
    expect(answer.rollback_deployment).toMatchObject({ from_version: 6, to_version: 1, rollback_of: done.id });
    await delos.until(answer.rollback_deployment.id, "COMPLETED");

    // FAILED: a check that every deployment must pass.
    const protection = { requireSuccessIn: "staging" };
    await delos.server.call("PUT", "/v1/environments/production", { tier: "production", protection });
    const unproven = meet(await delos.until((await deliver("tour", 7)).id, "FAILED"));
    expect(unproven.reason).toContain("staging");
    await delos.server.call("PUT", "/v1/environments/production", { tier: "production" });

    expect([...seen].sort()).toEqual([...DELOS_STATUSES].sort());
    const listed = await delos.call("ListDeployments", { prompt_id: "tour", status: "ROLLED_BACK" });
    expect(listed.deployments.map(({ id }: Answer) => id)).toEqual([done.id, asked.id]);
    expect(first.status).toBe("COMPLETED");
  });
});

describe("a list", () => {
  test("is newest first, by prompt, environment and status, page by page", async () => {
    await delos.prompt("paged", 4);
    const ids: string[] = [];
    for (const version of [1, 2, 3, 4]) ids.unshift((await delos.serve("paged", version, "staging")).id);
    const first = await delos.call("ListDeployments", { prompt_id: "paged", limit: 3 });
    const page_token = first.next_page_token;
    const second = await delos.call("ListDeployments", { prompt_id: "paged", limit: 3, page_token });
    expect([...first.deployments, ...second.deployments].map(({ id }: Answer) => id)).toEqual(ids);
    expect(second.next_page_token).toBe("");
    const none = await delos.call("ListDeployments", { prompt_id: "paged", environment: "production" });
    expect(none).toMatchObject({ deployments: [], next_page_token: "" });
    const completed = { prompt_id: "paged", status: "COMPLETED", limit: 4 };
    expect((await delos.call("ListDeployments", completed)).deployments).toHaveLength(4);
  });
});

describe("a deployment", () => {
  test("keeps its metadata, its creator and its approver", async () => {
    await delos.prompt("kept", 2);
    await delos.serve("kept", 1);
    const metadata = { ticket: "OPS-7", "content language": "Français" };
    const { id } = await deliver("kept", 2, { skip_approval: false, metadata });
    await delos.call("ApproveDeployment", { id, comment: "looks fine" });
    expect((await delos.call("GetDeployment", { id })).deployment).toMatchObject({
      metadata,
      created_by: "local",
      approved_by: "local",
      approval_comment: "looks fine",
      skip_approval: false,
      approved_at: { seconds: expect.any(Number) },
    });
    const { items } = await delos.server.call<{ items: { action: string; actor: string; subject: string }[] }>(
      "GET",
      "/v1/audit?limit=200",
    );
    const entry = { subject: id, action: "rollout.approve", actor: "local" };
    expect(items).toContainEqual(expect.objectContaining(entry));
  });

  test("is refused for a version that serves already", async () => {
    await delos.prompt("same", 1);
    await delos.serve("same", 1);
    await expect(deliver("same", 1)).rejects.toMatchObject({ code: "FAILED_PRECONDITION" });
  });

  test("that is newer replaces the one in progress, which is CANCELLED", async () => {
    await delos.prompt("newer", 3);
    await delos.serve("newer", 1);
    const older = await delos.until((await deliver("newer", 2, { strategy: SLOW })).id, "IN_PROGRESS");
    const newer = await deliver("newer", 3);
    await delos.until(newer.id, "COMPLETED");
    expect((await delos.call("GetDeployment", { id: older.id })).deployment.status).toBe("CANCELLED");
    expect(newer.from_version).toBe(1);
  });
});

describe("figures", () => {
  test("of a new version with low scores take it back by themselves, and are kept over time", async () => {
    await delos.prompt("poor", 2);
    await delos.serve("poor", 1);
    const strategy = { ...SLOW, auto_rollback: true, rollback_threshold: 0.75 };
    const { id } = await delos.until((await deliver("poor", 2, { strategy })).id, "IN_PROGRESS");
    const score = (version: string, scores: number[]) =>
      delos.server.call("POST", "/v1/deployments/poor/scores?environment=production", {
        ...{ metric: "quality", version, scores },
      });
    await expect
      .poll(async () => (await delos.call("GetDeploymentStatus", { id })).rollout.current_percentage)
      .toBe(10);
    await score("1", Array(50).fill(0.9));
    await score("2", Array(50).fill(0.2));
    const status = async () => delos.call("GetDeploymentStatus", { id });
    await expect.poll(async () => (await status()).current_metrics?.quality_score, { interval: 50 }).toBe(0.2);
    const back = await delos.until(id, "ROLLED_BACK");
    expect(back.reason).toContain("quality");
    const { metrics, rollout } = await status();
    expect(rollout.current_percentage).toBe(0);
    expect(metrics.length).toBeGreaterThan(0);
    expect(metrics[0]).toMatchObject({ percentage: 10, at: { seconds: expect.any(Number) } });
  });

  test("that are good let a gradual deployment pass all its shares, also over a server that is killed meanwhile", async () => {
    await delos.prompt("good", 2);
    await delos.serve("good", 1);
    const strategy = { type: "DEPLOYMENT_TYPE_GRADUAL", initial_percentage: 20, increment: 40, interval_seconds: 4 };
    const { id } = await deliver("good", 2, { strategy: { ...strategy, auto_rollback: true } });
    const share = async (): Promise<number> =>
      (await delos.call("GetDeploymentStatus", { id })).rollout.current_percentage;
    await expect.poll(share, { interval: 50 }).toBe(20);
    await delos.crash();
    expect(await share()).toBeGreaterThanOrEqual(20);
    const shares: number[] = [];
    await expect
      .poll(
        async () => {
          shares.push(await share());
          return (await delos.call("GetDeployment", { id })).deployment.status;
        },
        { interval: 200 },
      )
      .toBe("COMPLETED");
    expect(shares).toEqual(shares.toSorted((one, other) => one - other));
    expect((await delos.call("GetDeploymentStatus", { id })).rollout).toMatchObject({
      current_percentage: 100,
      current_step: 3,
      total_steps: 3,
      progress_percentage: 100,
    });
  });
});
