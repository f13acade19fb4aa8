import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testApp } from "../../testing/app.ts";
import {
  message,
  OTELCOL,
  type PipelineServer,
  startPipelineServer,
  WITHOUT_OTELCOL,
} from "./testing/pipeline.server.ts";

const BASE = "/api/v1/pipelines/deployments";
const DAY = 86_400_000;

describe.skipIf(OTELCOL === null)(`from an experiment to a deployment (${OTELCOL ?? WITHOUT_OTELCOL})`, () => {
  let server: PipelineServer;
  let direct = "";

  beforeAll(async () => {
    server = await startPipelineServer();
  });
  afterAll(() => server?.clear());

  async function rolloutEnded(id: string): Promise<string> {
    let phase = "";
    await expect
      .poll(async () => {
        phase = (await server.call<{ phase: string }>("GET", `/v1/rollouts/${id}`)).phase;
        return ["completed", "rolled_back", "failed"].includes(phase);
      })
      .toBe(true);
    return phase;
  }

  test("the winner of an experiment is drafted as a deployment, as wide as is asked", async () => {
    await server.call("POST", "/v1/artifacts", { name: "trial", kind: "pipeline" });
    const parameters = { top_k: 3, collect_host: false };
    for (const [version, rank_by] of [
      ["1", "cpu"],
      ["2", "memory"],
    ])
      await server.call("POST", "/v1/artifacts/trial/versions", {
        version,
        spec: { template: "process-topk-v1", parameters: { ...parameters, rank_by } },
      });
    const first = await server.call<{ deployment: { id: string }; rollout: { id: string } }>(
      "POST",
      "/v1/deployments",
      {
        name: "experiment",
        artifact: "trial",
        version: "1",
        environment: "staging",
        config: { healthCheck: { path: "/healthz" } },
        route: { path: "/experiment" },
        strategy: { type: "immediate" },
      },
    );
    await rolloutEnded(first.rollout.id);
    const { rollout } = await server.call<{ rollout: { id: string } }>(
      "PATCH",
      `/v1/deployments/${first.deployment.id}`,
      {
        version: "2",
        config: { parameters: { top_k: 7 } },
        strategy: {
          type: "ab",
          percentage: 50,
          durationSeconds: 3,
          promoteWinner: true,
          analysis: { minimumSamples: 0, metrics: [{ name: "error_rate" }] },
        },
      },
    );
    const early = await fetch(`${server.url}/v1/rollouts/${rollout.id}/deployment-draft`);
    expect(early.status).toBe(409);
    let going = true;
    const sending = (async () => {
      for (let round = 1; going; round += 1)
        await fetch(`${server.gatewayUrl}/experiment/v1/metrics`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(message({ nginx: 1 }, round)),
        }).then((response) => response.arrayBuffer());
    })();
    expect(await rolloutEnded(rollout.id)).toBe("completed");
    going = false;
    await sending;
    const query = new URLSearchParams({
      environment: "production",
      selector: "tier=frontend",
      deployment_name: "broad",
    });
    const draft = await server.call<{ winner: string; deployment: object }>(
      "GET",
      `/v1/rollouts/${rollout.id}/deployment-draft?${query}`,
    );
    expect(draft).toEqual({
      winner: "candidate",
      deployment: {
        pipeline_name: "trial",
        deployment_name: "broad",
        namespace: "default",
        environment: "production",
        version: "2",
        selector: "tier=frontend",
        parameters: { top_k: 7 },
        replicas: 1,
        resources: {},
      },
    });
    const made = await server.call<{ deployment_id: string }>("POST", BASE, draft.deployment);
    direct = made.deployment_id;
    expect(await server.settled(direct)).toMatchObject({ status: "active", version: "2", parameters: { top_k: 7 } });
  });

  test("direct deployments and those of experiments are listed together, and apart", async () => {
    const names = async (query: string) => {
      const { deployments } = await server.call<{ deployments: { deployment_name: string }[] }>(
        "GET",
        `${BASE}${query}`,
      );
      return deployments.map((one) => one.deployment_name);
    };
    expect(await names("")).toEqual(["broad", "experiment"]);
    expect(await names("?deployment_type=direct")).toEqual(["broad"]);
    expect(await names("?deployment_type=other")).toEqual(["experiment"]);
    const { labels } = await server.call<{ labels: object }>("GET", `/v1/deployments/${direct}`);
    expect(labels).toEqual({ "phoenix.io/deployment-type": "direct", variant: "production" });
  });

  test("a deployment goes back to the revision before, and the history says so", async () => {
    await server.call("PATCH", `${BASE}/${direct}`, { parameters: { top_k: 9 }, strategy: { type: "immediate" } });
    await server.until(direct, ({ status, parameters }) => status === "active" && parameters.top_k === 9);
    expect(await server.call("POST", `${BASE}/${direct}/rollback`, { reason: "too many series" })).toMatchObject({
      deployment_id: direct,
      status: "rolling_back",
      message: "Rollback initiated",
    });
    await server.until(direct, ({ status, parameters }) => status === "active" && parameters.top_k === 7);
    const { history } = await server.call<{ history: { revision: number; rollback_of: string | null }[] }>(
      "GET",
      `${BASE}/${direct}/history`,
    );
    expect(history.map(({ revision, rollback_of }) => [revision, rollback_of !== null])).toEqual([
      [1, true],
      [2, false],
      [1, false],
    ]);
    const { items } = await server.call<{ items: { action: string }[] }>("GET", `${BASE}/${direct}/audit`);
    expect(items[0]?.action).toBe("deployment.rollback");
  });
});

test("what was deleted is kept for thirty days, and then gone", async () => {
  let now = Date.now();
  const api = await testApp({ clock: () => now, config: { nodeLabels: { tier: "frontend" } } });
  try {
    const body = {
      pipeline_name: "process-baseline-v1",
      deployment_name: "short-lived",
      namespace: "default",
      target_nodes: { tier: "frontend" },
    };
    const made = await api.ask("POST", BASE, { body });
    const { deployment_id: id } = made.body as { deployment_id: string };
    expect((await api.ask("DELETE", `${BASE}/${id}`)).status).toBe(202);
    // What the engine does when nothing of it runs any more.
    await api.database.db.deleteFrom("deployments").where("id", "=", id).execute();
    await api.services.pipelines.keep();
    now += 29 * DAY;
    await api.services.pipelines.keep();
    expect((await api.ask("GET", `${BASE}/${id}/history`)).body).toMatchObject({ history: [{ revision: 1 }] });
    expect((await api.ask("GET", `${BASE}/${id}`)).body).toMatchObject({ status: "deleted" });
    now += 2 * DAY;
    await api.services.pipelines.keep();
    expect((await api.ask("GET", `${BASE}/${id}`)).status).toBe(404);
    expect((await api.ask("POST", BASE, { body })).status).toBe(202);
  } finally {
    await api.close();
  }
});
