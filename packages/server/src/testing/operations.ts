import type { TestApp } from "./app.ts";

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

/** An operation of the OpenAPI document. */
export interface Operation {
  method: Method;
  path: string;
  id: string;
  /** How its query names the project, if it does. */
  project: "project" | "namespace" | null;
  /** One that is valid; what it names need not be there. */
  body: object | undefined;
}

const CONDITIONS = [{ type: "latency", dataset: "smoke", threshold: 800 }];
const STAGES = [{ name: "build", run: { command: ["true"] } }];
const ACTION = { type: "deploy", deployment: "greeter", environment: "development", version: "1.0.0" };
const NAMED = { name: "greeter", artifact: "greeter", environment: "development", version: "1.0.0" };

/** Where the document gives no example, or one that names more than need be there. */
const BODIES: Readonly<Record<string, object>> = {
  createDeployment: NAMED,
  planRollout: NAMED,
  updateDeployment: { version: "1.0.0" },
  rollbackDeployment: { reason: "why" },
  promoteDeployment: { environment: "staging" },
  recordGoals: { events: [{ goal: "signup", revision: 1 }] },
  commandRollout: {},
  createGate: { name: "quality", conditions: CONDITIONS },
  putGate: { conditions: CONDITIONS },
  createWorkflow: { name: "release", spec: { stages: STAGES } },
  putWorkflow: { spec: { stages: STAGES } },
  createNotification: { name: "hook", type: "webhook", url: "http://127.0.0.1:9/" },
  createTrigger: { name: "trigger", source: "manual", action: ACTION },
  updateTrigger: { description: "mine" },
  createSchedule: { name: "nightly", schedule: "0 3 * * *", action: ACTION },
  updateSchedule: { description: "mine" },
  createBatch: { deployment_id: 1, input: "s3://models/default/x.csv" },
  deployPipeline: {
    ...{ pipeline_name: "process-topk-v1", deployment_name: "topk", namespace: "default" },
    ...{ target_nodes: { place: "here" }, parameters: { top_k: 20, critical_processes: ["nginx"] } },
  },
  updatePipelineDeployment: { replicas: 2 },
};

interface Described {
  operationId: string;
  parameters?: { in: string; name: string }[];
  requestBody?: { content: Record<string, { example?: object; schema: { $ref?: string } }> };
}

interface Document {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, { examples?: object[] }> };
}

/** All that the document has, in its order. */
export async function operationsOf(api: TestApp): Promise<Operation[]> {
  const { paths, components }: Document = JSON.parse((await api.ask("GET", "/openapi.json")).text);
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId: id, parameters = [], requestBody }]) => {
      const { example, schema } = requestBody?.content["application/json"] ?? {};
      const named = components.schemas[schema?.$ref?.split("/").at(-1) ?? ""];
      const inQuery = new Set(parameters.filter((one) => one.in === "query").map(({ name }) => name));
      const project = (["project", "namespace"] as const).find((name) => inQuery.has(name)) ?? null;
      const body = BODIES[id] ?? example ?? named?.examples?.[0] ?? (requestBody === undefined ? undefined : {});
      return { method: method.toUpperCase() as Method, path, id, project, body };
    }),
  );
}
