import { afterAll, beforeAll, expect, test } from "vitest";
import { sharedCluster } from "../kubernetes/shared.ts";
import { type ClusterSystem, clusterSystem, WITHIN_MS } from "./cluster.ts";

/** Somebody sets back in the cluster what Sluice brought there: what is told is what is served. */

const cluster = sharedCluster();
let system: ClusterSystem;

const AT_LENGTH = { timeout: 3 * WITHIN_MS };

beforeAll(async () => {
  system = await clusterSystem(cluster);
}, 2 * WITHIN_MS);

afterAll(() => system?.[Symbol.asyncDispose]());

const kubectl = (...args: string[]): Promise<string> => cluster.kubectl(["-n", system.namespace, ...args]);

/** What people were told of what somebody else had changed. */
const drifts = async (): Promise<string[]> => {
  const query = "/v1/events?type=deployment.drifted";
  const { items } = await system.call<{ items: { message: string }[] }>("GET", query);
  return items.map(({ message }) => message);
};

/** `kubectl`'s name of the Deployment of a revision. */
const deploymentOf = async (revision: number): Promise<string> =>
  (await kubectl("get", "deployment", "-l", `sluice.dev/revision=${revision}`, "-o", "name")).trim();

const imageOf = (deployment: string): Promise<string> =>
  kubectl("get", deployment, "-o", "jsonpath={.spec.template.spec.containers[0].image}");

// edge case 51
test(
  "a candidate that is set to something else, and undone to it again, is put back before it is told as completed",
  AT_LENGTH,
  async () => {
    const before = await system.stable();
    const version = await system.release();
    const id = await system.deliver(version, {
      type: "canary",
      steps: [{ setWeight: 50 }, { wait: { approval: true } }, { setWeight: 100 }],
    });
    await expect.poll(system.dealt, { timeout: WITHIN_MS }).toEqual([
      [before, 5_000],
      [before + 1, 5_000],
    ]);
    const deployment = await deploymentOf(before + 1);
    const delivered = await imageOf(deployment);

    await kubectl("set", "image", deployment, "*=sluice.test/somebody-elses:1");
    await expect
      .poll(drifts, { timeout: WITHIN_MS })
      .toContainEqual(
        expect.stringMatching(
          /^revision \d+ was changed by somebody else \(Deployment .*somebody-elses:1.*\); it is put back$/,
        ),
      );
    await expect.poll(() => imageOf(deployment), { timeout: WITHIN_MS }).toBe(delivered);

    // What was before is now the other one.
    await kubectl("rollout", "undo", deployment);
    await expect.poll(() => imageOf(deployment), { timeout: WITHIN_MS }).toBe(delivered);
    await expect
      .poll(() => system.call("POST", `/v1/rollouts/${id}/approve`, { comment: "" }).catch(() => null))
      .not.toBeNull();
    expect(await system.ended(id)).toMatchObject({ phase: "completed" });
    expect(await imageOf(deployment)).toBe(delivered);
    await system.answered(version, 10);
    await system.expectWell();
  },
);

// edge case 51
test("weights that somebody sets back are put right, and told", AT_LENGTH, async () => {
  await system.rest();
  const before = await system.stable();
  const id = await system.deliver(await system.release(), {
    type: "canary",
    steps: [{ setWeight: 25 }, { wait: { approval: true } }],
  });
  const dealt = [
    [before, 7_500],
    [before + 1, 2_500],
  ];
  await expect.poll(system.dealt, { timeout: WITHIN_MS }).toEqual(dealt);
  const seen = system.splits.all.length;
  const route = (await kubectl("get", "httproute", "-o", "name")).trim();
  const backends = JSON.parse(await kubectl("get", route, "-o", "jsonpath={.spec.rules[0].backendRefs}"));
  const back = backends.map((backend: object, index: number) => ({ ...backend, weight: index === 0 ? 1 : 0 }));
  const patch = [{ op: "replace", path: "/spec/rules/0/backendRefs", value: back }];
  await kubectl("patch", route, "--type=json", "-p", JSON.stringify(patch));
  await expect.poll(() => system.splits.all.length, { timeout: WITHIN_MS }).toBeGreaterThanOrEqual(seen + 2);
  await expect.poll(system.dealt, { timeout: WITHIN_MS }).toEqual(dealt);
  await expect
    .poll(drifts, { timeout: WITHIN_MS })
    .toContainEqual(
      expect.stringMatching(/^the traffic was changed by somebody else \(HTTPRoute .*\); it was put back$/),
    );
  expect(await system.rollout(id)).toMatchObject({ phase: "shifting" });
  await system.call("POST", `/v1/rollouts/${id}/cancel`, { comment: "" });
  expect(await system.ended(id)).not.toMatchObject({ phase: "completed" });
  expect(await system.stable()).toBe(before);
});
