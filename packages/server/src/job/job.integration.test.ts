import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorkshop, type Workshop } from "../workflow/testing/workflow.fixture.ts";

interface Job {
  id: string;
  status: string;
  succeeded: number;
  failed: number;
  retriesLeft: number;
  deployment: string | null;
  revision: number | null;
  runs: { index: number; attempt: number; status: string; exitCode: number | null }[];
}

let shop: Workshop;
beforeAll(async () => {
  shop = await startWorkshop();
  await shop.server.call("POST", "/v1/artifacts", { name: "work", kind: "application" });
});
afterAll(() => shop.close());

const version = (name: string, script: string, more: object = {}) =>
  shop.server.call("POST", "/v1/artifacts/work/versions", {
    version: name,
    spec: { command: ["sh", "-c", script], process: "job", ...more },
  });

const ended = (id: string): Promise<Job> =>
  expect
    .poll(() => shop.server.call<Job>("GET", `/v1/jobs/${id}`), { interval: 100 })
    .toSatisfy((job: Job) => ["succeeded", "failed", "cancelled"].includes(job.status))
    .then(() => shop.server.call<Job>("GET", `/v1/jobs/${id}`));

const start = (body: object) => shop.server.call<Job>("POST", "/v1/jobs", { artifact: "work", ...body });

test("a job runs as often as asked, each with its index, and tells exit codes and logs", async () => {
  await version("1.0.0", 'echo "index $JOB_INDEX of $JOB_COMPLETIONS, $NAME"');
  const { id } = await start({ version: "1.0.0", completions: 3, parallelism: 2, env: { NAME: "ada" } });
  const job = await ended(id);
  expect(job).toMatchObject({ status: "succeeded", succeeded: 3, failed: 0 });
  expect(job.runs.map(({ index, exitCode }) => [index, exitCode]).sort()).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
  ]);
  const logs = await (await fetch(`${shop.server.url}/v1/jobs/${id}/logs`)).text();
  for (const index of [0, 1, 2]) expect(logs).toContain(`index ${index} of 3, ada\n`);
});

test("failures are tried again until the limit for all runs together is used up", async () => {
  await version("1.1.0", 'test "$JOB_INDEX" = 0 || exit 7');
  const { id } = await start({ version: "1.1.0", completions: 2, parallelism: 2, backoffLimit: 2 });
  const job = await ended(id);
  expect(job).toMatchObject({ status: "failed", succeeded: 1, failed: 1, retriesLeft: 0 });
  expect(job.runs.filter(({ index }) => index === 1).map(({ exitCode }) => exitCode)).toEqual([7, 7, 7]);
});

test("what a deployment serves runs with its configuration, and a job's rollout ends when it is done", async () => {
  await version("1.2.0", 'echo "mode=$MODE"');
  const { deployment, rollout } = await shop.server.call<{ deployment: { id: string }; rollout: { id: string } }>(
    "POST",
    "/v1/deployments",
    {
      ...{ name: "work", artifact: "work", version: "1.2.0", environment: "development" },
      config: { env: { MODE: "nightly" } },
      strategy: { type: "immediate", keepStableSeconds: 0 },
    },
  );
  await expect
    .poll(async () => (await shop.server.call<{ phase: string }>("GET", `/v1/rollouts/${rollout.id}`)).phase)
    .toBe("completed");
  const instances = await shop.server.call<{ items: { state: string }[] }>(
    "GET",
    `/v1/deployments/${deployment.id}/instances`,
  );
  expect(instances.items).toMatchObject([{ state: "completed", address: null }]);
  const { id } = await shop.server.call<Job>("POST", "/v1/jobs", { deployment: deployment.id });
  const job = await ended(id);
  expect(job).toMatchObject({ status: "succeeded", deployment: deployment.id, revision: 1 });
  expect(await (await fetch(`${shop.server.url}/v1/jobs/${id}/logs`)).text()).toContain("mode=nightly\n");
});

test("a stream goes through a gradual rollout without a route, by its pulse", async () => {
  await shop.server.call("POST", "/v1/artifacts", { name: "reader", kind: "application" });
  for (const name of ["1.0.0", "1.1.0"]) {
    await shop.server.call("POST", "/v1/artifacts/reader/versions", {
      version: name,
      spec: {
        command: ["sh", "-c", 'touch "$SLUICE_HEARTBEAT_FILE"; exec sleep 3000'],
        process: "stream",
        env: { V: name },
      },
    });
  }
  const name = { name: "reader", artifact: "reader", environment: "development" };
  const first = await shop.server.call<{ deployment: { id: string }; rollout: { id: string } }>(
    "POST",
    "/v1/deployments",
    { ...name, version: "1.0.0" },
  );
  const phase = async (id: string) => (await shop.server.call<{ phase: string }>("GET", `/v1/rollouts/${id}`)).phase;
  await expect.poll(() => phase(first.rollout.id)).toBe("completed");
  const steps = [{ setWeight: 50 }, { wait: { seconds: 1 } }, { setWeight: 100 }];
  const { rollout } = await shop.server.call<{ rollout: { id: string } }>(
    "PATCH",
    `/v1/deployments/${first.deployment.id}`,
    {
      version: "1.1.0",
      strategy: { type: "canary", steps },
    },
  );
  await expect.poll(() => phase(rollout.id)).toBe("completed");
  const { version: serving } = await shop.server.call<{ version: string }>(
    "GET",
    `/v1/deployments/${first.deployment.id}`,
  );
  expect(serving).toBe("1.1.0");
});

test("a job is cancelled, and what is no job is refused", async () => {
  await version("2.0.0", "sleep 300");
  const { id } = await start({ version: "2.0.0" });
  await expect
    .poll(async () => (await shop.server.call<Job & { active: number }>("GET", `/v1/jobs/${id}`)).active)
    .toBe(1);
  await shop.server.call("POST", `/v1/jobs/${id}/cancel`, { comment: "enough" });
  expect(await ended(id)).toMatchObject({ status: "cancelled" });
  await shop.server.call("POST", "/v1/artifacts/work/versions", {
    version: "3.0.0",
    spec: { command: ["node", "x.mjs"] },
  });
  await expect(start({ version: "3.0.0" })).rejects.toThrow("is a service; a job's version says");
  await expect(start({ version: "9.9.9" })).rejects.toThrow("404");
  await expect(start({})).rejects.toThrow("version is missing");
  await expect(shop.server.call("GET", "/v1/workflow-runs/".concat(id))).rejects.toThrow("404");
});
