import { type Command, type Deployment, ok, type paths, type Rollout } from "@sluice/client";
import { eventually } from "./eventually.ts";
import type { System } from "./system.ts";

type Body<Path extends keyof paths, Method extends keyof paths[Path]> = paths[Path][Method] extends {
  requestBody?: { content: { "application/json": infer Content } };
}
  ? Content
  : never;
type CreateDeployment = Body<"/v1/deployments", "post">;
type UpdateDeployment = Body<"/v1/deployments/{id}", "patch">;
type Strategy = NonNullable<UpdateDeployment["strategy"]>;

/** Where tests deliver to, unless they say otherwise: no approvals, no windows, nothing required. */
export const ENVIRONMENT = "development";

/** One deployment of a system, from its artifact on, as a user of the API sees it. */
export interface Delivery {
  readonly name: string;
  /** At the gateway. */
  readonly url: string;
  /** Registers a version that runs the program `program.mjs`, or another one, with these variables. */
  publish(version: string, env?: Record<string, string>, program?: string): Promise<void>;
  /** Asks for the first delivery, and answers its rollout. */
  create(version: string, changes?: Partial<CreateDeployment>): Promise<Rollout>;
  /** Asks for another version or configuration, and answers its rollout. */
  update(patch: UpdateDeployment): Promise<Rollout>;
  /** `create`, and its end. */
  deliver(version: string, changes?: Partial<CreateDeployment>): Promise<Rollout>;
  get(): Promise<Deployment>;
  act(action: "stop" | "start" | "restart"): Promise<Deployment>;
  scale(replicas: number): Promise<Deployment>;
  remove(): Promise<void>;
  /** Pids of the running instances, by revision. */
  pids(revision: number): Promise<number[]>;
}

/** For programs that are there in a moment. */
export const CONFIG = {
  replicas: 1,
  healthCheck: { path: "/healthz", intervalSeconds: 0.2, retries: 3 },
  progressDeadlineSeconds: 30,
  stopSeconds: 2,
} satisfies CreateDeployment["config"];

/** A canary by these steps, judged by its errors alone unless `changes` say otherwise. */
export const canary = (steps: object[], changes: object = {}): Strategy =>
  ({
    type: "canary",
    steps,
    keepStableSeconds: 0,
    analysis: { metrics: [{ name: "error_rate" }] },
    ...changes,
  }) as Strategy;

export const IMMEDIATE: Strategy = { type: "immediate", keepStableSeconds: 0 };

/** Registers an artifact of this name, for a deployment of this name at the path of this name. */
export async function newDelivery(system: System, name: string, environment = ENVIRONMENT): Promise<Delivery> {
  const http = () => system.client.http;
  const params = { path: { id: name }, query: { environment } };
  await ok(http().POST("/v1/artifacts", { body: { name, kind: "application" } }));
  const delivery: Delivery = {
    name,
    url: `${system.gatewayUrl}/${name}`,
    async publish(version, env = {}, program = "program.mjs") {
      const spec = { command: [process.execPath, program], workdir: "programs", env: { VERSION: version, ...env } };
      await ok(http().POST("/v1/artifacts/{name}/versions", { params: { path: { name } }, body: { version, spec } }));
    },
    async create(version, changes = {}) {
      const body = {
        name,
        artifact: name,
        version,
        environment,
        config: CONFIG,
        route: { path: `/${name}` },
        ...changes,
      };
      return (await ok(http().POST("/v1/deployments", { body }))).rollout;
    },
    async update(patch) {
      const { rollout }: { deployment: Deployment; rollout?: Rollout | null } = await ok(
        http().PATCH("/v1/deployments/{id}", { params, body: patch }),
      );
      if (!rollout) throw new Error("nothing changed");
      return rollout;
    },
    deliver: async (version, changes) => ended(system, await delivery.create(version, changes)),
    get: () => ok(http().GET("/v1/deployments/{id}", { params })),
    act: (action) => ok(http().POST(`/v1/deployments/{id}/${action}`, { params, body: null })),
    scale: (replicas) => ok(http().POST("/v1/deployments/{id}/scale", { params, body: { replicas } })),
    async remove() {
      await ok(http().DELETE("/v1/deployments/{id}", { params }));
    },
    async pids(revision) {
      const { items } = await ok(http().GET("/v1/deployments/{id}/instances", { params }));
      return items.filter((instance) => instance.revision === revision).flatMap(({ pid }) => pid ?? []);
    },
  };
  return delivery;
}

export const look = (system: System, { id }: { id: string }): Promise<Rollout> =>
  ok(system.client.http.GET("/v1/rollouts/{id}", { params: { path: { id } } }));

/** The rollout at its end, whatever that is. */
export const ended = (system: System, { id }: { id: string }, timeoutMs = 90_000): Promise<Rollout> =>
  system.client.waitForRollout(id, { timeoutMs, intervalMs: 50 });

/** The rollout as soon as the condition holds for it. */
export const reaches = (
  system: System,
  { id }: { id: string },
  holds: (rollout: Rollout) => boolean,
): Promise<Rollout> => {
  let last: Rollout | undefined;
  return eventually(`rollout ${id} gets where it should`, async () => {
    last = await look(system, { id });
    return holds(last) ? last : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${error}; it is ${last?.phase} at ${last?.weight} %: ${last?.reason}`);
  });
};

export const command = (system: System, { id }: { id: string }, name: Command, comment = ""): Promise<Rollout> =>
  ok(
    system.client.http.POST("/v1/rollouts/{id}/{command}", {
      params: { path: { id, command: name } },
      body: { comment },
    }),
  );
