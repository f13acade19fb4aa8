import { Readable } from "node:stream";
import { parseStoragePath } from "@sluice/core";
import pino from "pino";
import { readConfig } from "../../config.ts";
import { startGrpc } from "../../grpc/grpc.server.ts";
import { type ReflectingClient, reflectingClient } from "../../grpc/testing/reflecting.client.ts";
import { createMetrics } from "../../http/metrics.ts";
import { IRIS, type ModelsApi, modelsApi } from "../../kinds/model/testing/models.fixture.ts";
import type { Answer } from "../../testing/app.ts";
import { LOCAL_ADMIN } from "../principal.ts";

/** Ids and names of one project's things, by what they are. */
export type Things = Readonly<Record<(typeof THINGS)[number], string>>;

const THINGS = [
  ...(["environment", "artifact", "version", "deployment", "prompt", "rollout", "gate", "evaluation"] as const),
  ...(["workflow", "run", "job", "channel", "channelDelivery", "integration", "token", "secret", "policy"] as const),
  ...(["trigger", "schedule", "agentRollout", "pipeline", "model", "modelVersion", "modelDeployment"] as const),
  ...(["batch", "template", "number", "modelUpload"] as const),
] as const;

/** A word that stands in the names of everything that the one project has, and nowhere else. */
export const MARK = "zircon";

/** Two projects on one server: `default`, which has one of everything, and `other`, whose administrator asks. */
export interface TwoProjects {
  api: ModelsApi;
  grpc: ReflectingClient;
  /** What there is in `default`. */
  real: Things;
  /** The like of it, that there is nowhere. */
  bogus: Things;
  /** Tokens of the administrators: of `default`, and of `other`. */
  owner: string;
  stranger: string;
  close(): Promise<void>;
}

export async function twoProjects(): Promise<TwoProjects> {
  const api = await modelsApi({ auth: true, models: { deploySeconds: 1 } });
  const { projects, tokens } = api.services;
  await projects.create(LOCAL_ADMIN, { name: "other" });
  const tokenOf = async (project: string, name = `${project}-admin`) => {
    const wanted = { name, project, role: "admin" as const, environment: null, expiresAt: null };
    return tokens.create(LOCAL_ADMIN, wanted);
  };
  const [owner, { secret: stranger }] = [await tokenOf("default"), await tokenOf("other")];
  const real = { ...(await makeThings(api, owner.secret)), token: (await tokenOf("default", "spare")).token.id };
  const grpc = await startGrpc({
    config: { ...readConfig({ SLUICE_GRPC_PORT: "0", SLUICE_RATE_LIMIT: "1000000" }), auth: true },
    services: api.services,
    db: api.database.db,
    metrics: createMetrics(api.database.db),
    readiness: {},
    logger: pino({ level: "silent" }),
  });
  const client = await reflectingClient(grpc.address, {});
  return {
    api,
    grpc: client,
    real,
    bogus: likeness(real),
    owner: owner.secret,
    stranger,
    async close() {
      client.close();
      await grpc.close();
      await api.close();
    },
  };
}

async function makeThings(api: ModelsApi, secret: string): Promise<Omit<Things, "token">> {
  const headers = { authorization: `Bearer ${secret}` };
  const make = async (method: "POST" | "PUT", url: string, body: object): Promise<Made> =>
    made(await api.ask(method, url, { body, headers }));
  await make("PUT", `/v1/environments/${MARK}`, { tier: "development" });
  const kinds = { [MARK]: "application", [`${MARK}-prompt`]: "prompt", [`${MARK}-agent`]: "agent" } as const;
  const specs = { application: { command: ["node"] }, prompt: { text: "Hello" }, agent: { command: ["node"] } };
  for (const [name, kind] of Object.entries(kinds)) {
    await make("POST", "/v1/artifacts", { name, kind });
    await make("POST", `/v1/artifacts/${name}/versions`, { version: "1.0.0", spec: specs[kind] });
  }
  await make("POST", "/v1/artifacts", { name: `${MARK}-job`, kind: "application" });
  const jobVersion = { version: "1.0.0", spec: { command: ["true"], process: "job" } };
  await make("POST", `/v1/artifacts/${MARK}-job/versions`, jobVersion);
  const where = { version: "1.0.0", environment: "development" };
  const app = await make("POST", "/v1/deployments", { name: MARK, artifact: MARK, ...where });
  // In two environments: whoever may know of it is asked which.
  await make("POST", "/v1/deployments", { name: MARK, artifact: MARK, version: "1.0.0", environment: "staging" });
  const prompt = await make("POST", "/v1/deployments", {
    name: `${MARK}-prompt`,
    artifact: `${MARK}-prompt`,
    ...where,
  });
  const agent = await make("POST", "/deploy", { agent_id: `${MARK}-agent` });
  await make("POST", "/v1/gates", { name: MARK, conditions: [{ type: "latency", dataset: "smoke", threshold: 800 }] });
  const scores = { dataset: "smoke", metrics: { score: 0.9 }, sampleCount: 10 };
  const evaluation = await make("POST", "/v1/evaluations", { artifact: MARK, version: "1.0.0", ...scores });
  // Nodes are the whole server's.
  await api.services.nodes.create(LOCAL_ADMIN, { name: "machine", labels: { place: "here" } });
  const spec = { stages: [{ name: "build", run: { command: ["true"] } }] };
  await make("POST", "/v1/workflows", { name: MARK, spec });
  const run = await make("POST", "/v1/workflow-runs", { workflow: MARK, environment: "development" });
  const job = await make("POST", "/v1/jobs", { artifact: `${MARK}-job`, ...where });
  const channel = await make("POST", "/v1/notifications", { name: MARK, type: "webhook", url: "http://127.0.0.1:9/" });
  await make("POST", `/v1/notifications/${MARK}/test`, {});
  const told = await api.ask("GET", `/v1/notifications/${MARK}/deliveries`, { headers });
  const [delivery] = (told.body as { items: Made[] }).items;
  await make("PUT", `/v1/integrations/${MARK}`, { webhook: { url: "http://127.0.0.1:9/" } });
  await make("PUT", `/v1/secrets/${MARK}`, { value: "hush" });
  await make("PUT", `/v1/policies/${MARK}`, { description: "always", expression: "true", severity: "low" });
  const action = { type: "deploy", deployment: MARK, environment: "development", version: "1.0.0" };
  const trigger = await make("POST", "/v1/triggers", { name: MARK, source: "manual", action });
  const schedule = await make("POST", "/v1/schedules", { name: MARK, schedule: "0 3 * * *", action });
  const pipeline = await make("POST", "/api/v1/pipelines/deployments", {
    ...{ pipeline_name: "process-topk-v1", deployment_name: `${MARK}-pipeline`, namespace: "default" },
    ...{ target_nodes: { place: "here" }, parameters: { top_k: 20, critical_processes: ["nginx"] } },
  });
  const model = await make("POST", "/api/v1/models", { name: `${MARK}-model` });
  const version = await make("POST", `/api/v1/models/${model.id}/versions`, {});
  await api.upload(Number(version.id), [["file", { name: "model.onnx", content: IRIS }]], headers);
  const next = await make("POST", `/api/v1/models/${model.id}/versions`, {});
  const sent = { "upload-length": "10", "upload-metadata": `filename ${btoa("model.onnx")}` };
  const upload = made(
    await api.ask("POST", `/api/v1/versions/${next.id}/uploads`, { headers: { ...headers, ...sent } }),
  );
  const served = await make("POST", `/api/v1/versions/${version.id}/deployments`, { replicas: 1 });
  const input = "s3://models/default/x.csv";
  await api.services.models.storage.put(parseStoragePath(input), Readable.from(["a,b\n1,2\n"]));
  const batch = await make("POST", "/api/v1/batches", { deployment_id: served.id, input });
  return {
    ...{ environment: MARK, artifact: MARK, version: "1.0.0", gate: MARK, workflow: MARK, number: "1" },
    ...{ integration: MARK, secret: MARK, policy: MARK, template: `${MARK}-template`, prompt: idOf(prompt.deployment) },
    ...{ deployment: idOf(app.deployment), rollout: idOf(app.rollout), agentRollout: String(agent.deployment_id) },
    ...{ evaluation: idOf(evaluation), run: idOf(run), job: idOf(job), channel: idOf(channel) },
    ...{ channelDelivery: idOf(delivery), trigger: idOf(trigger), schedule: idOf(schedule) },
    ...{ pipeline: String(pipeline.deployment_id), model: idOf(model), modelVersion: idOf(version) },
    ...{ modelDeployment: idOf(served), batch: idOf(batch), modelUpload: idOf(upload) },
  };
}

interface Made {
  id?: string | number;
  deployment_id?: string;
  deployment?: Made;
  rollout?: Made;
}

function made(answer: Answer): Made {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.text}`);
  return (answer.body ?? {}) as Made;
}

function idOf(thing: Made | undefined): string {
  if (thing?.id === undefined) throw new Error("nothing was made");
  return String(thing.id);
}

/** Of the same form: a number is another number, an id another id behind the same prefix, a name another name. */
function likeness(things: Things): Things {
  const like = (text: string): string => {
    if (/^\d+$/.test(text)) return "77";
    const [, prefix] = /^([a-z]{3}_)[0-9a-f]+$/.exec(text) ?? [];
    return prefix === undefined ? text.replace(MARK, "nobody") : `${prefix}${"0".repeat(text.length - prefix.length)}`;
  };
  const [version, number] = [things.version, things.number];
  const likes = THINGS.map((name) => [name, like(things[name])] as const);
  return { ...(Object.fromEntries(likes) as Record<keyof Things, string>), version, number };
}
