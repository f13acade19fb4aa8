import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient, ok } from "@sluice/client";
import { CONFIG, canary, ended, newDelivery, reaches } from "../end-to-end/delivery.ts";
import type { System } from "../end-to-end/system.ts";
import { sendTraffic } from "../end-to-end/traffic.ts";
import { tokenFor } from "./people.ts";

/** A server on which something has happened: what pages are tried and pictured with. */
export interface Furnished extends AsyncDisposable {
  /** A canary under load that waits for somebody's approval. */
  readonly moving: string;
  /** One that was turned back for its errors. */
  readonly turnedBack: string;
  /** The deployment of both. */
  readonly deployment: string;
}

const SHOP = "storefront";
const MODEL = new URL("../../packages/model-server/fixtures/iris.onnx", import.meta.url);

/** Delivers, evaluates, protects, breaks: by the API alone, as a team would over some weeks. */
export async function furnish(system: System): Promise<Furnished> {
  // There is one only where the server asks for it.
  const token = (await readFile(join(system.dataDir, "admin-token"), "utf8").catch(() => "")).trim();
  const headers: Record<string, string> = token === "" ? {} : { authorization: `Bearer ${token}` };
  const make = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await system.send(method, path, body, headers);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };

  await protect(make);
  await registerOthers(system, make);

  const shop = await newDelivery(system, SHOP, "production");
  for (const [version, mode] of [
    ["1.0.0", "good"],
    ["1.1.0", "good"],
    ["1.2.0", "failing"],
    ["1.3.0", "good"],
  ] as const)
    await shop.publish(version, { MODE: mode }, "server.mjs");
  for (const [version, accuracy] of [
    ["1.0.0", 0.91],
    ["1.1.0", 0.94],
    ["1.2.0", 0.93],
    ["1.3.0", 0.96],
  ] as const) {
    const scores = { dataset: "smoke", metrics: { accuracy, latency: 320 - 100 * accuracy }, sampleCount: 200 };
    await make("POST", "/v1/evaluations", { artifact: SHOP, version, ...scores, source: "nightly" });
  }
  await make("PUT", "/v1/gates/quality", {
    conditions: [{ type: "eval_score", metric: "accuracy", dataset: "smoke", operator: "gte", threshold: 0.9 }],
    artifact: SHOP,
    environment: "production",
  });
  await shop.deliver("1.0.0", {
    config: { ...CONFIG, replicas: 2, resources: { limits: { cpu: "1", memory: "512Mi" } } },
  });
  const traffic = sendTraffic(shop.url, 20);
  const small = [{ setWeight: 20 }, { wait: { seconds: 3 } }, { setWeight: 60 }, { wait: { seconds: 3 } }];
  await ended(system, await shop.update({ version: "1.1.0", strategy: canary(small) }));
  const bad = canary([{ setWeight: 20 }, { wait: { seconds: 600 } }]);
  const turnedBack = await ended(system, await shop.update({ version: "1.2.0", strategy: bad }));
  const moving = await move(system);
  return {
    moving,
    turnedBack: turnedBack.id,
    deployment: turnedBack.deployment,
    [Symbol.asyncDispose]: () => traffic.stop(),
  };
}

type Make = (method: string, path: string, body?: object) => Promise<unknown>;

async function protect(make: Make): Promise<void> {
  const freezeWindows = [
    { schedule: "0 17 * * 5", durationMinutes: 3_780, timezone: "Europe/Berlin" },
    { schedule: "0 0 24 12 *", durationMinutes: 4_320, timezone: "Europe/Berlin" },
  ];
  await make("PUT", "/v1/environments/canary-eu", {
    tier: "custom",
    protection: { requiredApprovals: 2, freezeWindows },
  });
  await make("POST", "/v1/notifications", { name: "on-call", type: "webhook", url: "http://127.0.0.1:9/" });
  await make("PUT", "/v1/secrets/DATABASE_PASSWORD", { value: "of the furnished server" });
  await make("PUT", "/v1/integrations/registry", {
    ...{ environments: ["canary-eu"], required: false, webhook: { url: "http://127.0.0.1:9/" } },
  });
  for (const [name, role] of [
    ["ada", "approver"],
    ["ci", "deployer"],
    ["wallboard", "viewer"],
  ])
    await make("POST", "/v1/tokens", { name, role });
}

async function registerOthers(system: System, make: Make): Promise<void> {
  await make("POST", "/v1/artifacts", { name: "greeting", kind: "prompt" });
  const messages = (tone: string) => [
    { role: "system", content: `You greet customers of a bookshop, in a ${tone} tone.` },
    { role: "user", content: "Greet {{customer}}." },
  ];
  for (const [version, tone] of [
    ["1.0.0", "friendly"],
    ["1.1.0", "brief and friendly"],
  ] as const) {
    const variables = [{ name: "customer", description: "Whom to greet." }];
    const spec = { messages: messages(tone), variables, model: "small", parameters: { temperature: 0.2 } };
    await make("POST", "/v1/artifacts/greeting/versions", { version, spec });
  }
  await make("POST", "/v1/deployments", {
    ...{ name: "greeting", artifact: "greeting", version: "1.0.0", environment: "staging" },
  });
  await make("POST", "/v1/artifacts", { name: "order-traces", kind: "pipeline" });
  for (const [version, verbosity] of [
    ["1.0.0", "basic"],
    ["1.1.0", "normal"],
  ]) {
    const parametersSchema = { type: "object", properties: { level: { type: "string", default: verbosity } } };
    const pipelines = { traces: { receivers: ["otlp"], exporters: ["debug"] } };
    const receivers = { otlp: { protocols: { grpc: { endpoint: "127.0.0.1:4317" } } } };
    const config = { receivers, exporters: { debug: { verbosity: "{{level}}" } }, service: { pipelines } };
    await make("POST", "/v1/artifacts/order-traces/versions", { version, spec: { config, parametersSchema } });
  }
  await make("POST", "/v1/artifacts", { name: "bookkeeper", kind: "agent" });
  const program = { command: ["node", "agent.mjs"], workdir: "examples/agent" };
  await make("POST", "/v1/artifacts/bookkeeper/versions", { version: "1.0.0", spec: program });
  const broken = await newDelivery(system, "checkout", "staging");
  await broken.publish("0.9.0", {}, "exits.mjs");
  await broken.create("0.9.0");
  const model = (await make("POST", "/api/v1/models", { name: "flowers" })) as { id: number };
  const version = (await make("POST", `/api/v1/models/${model.id}/versions`, {})) as { id: number };
  const form = new FormData();
  form.set("file", new File([await readFile(MODEL)], "model.onnx"));
  await system.client.upload(`/api/v1/versions/${version.id}/upload`, form);
}

/** Two steps on its way, with both curves behind it. */
async function move(system: System): Promise<string> {
  const steps = [{ setWeight: 10 }, { wait: { seconds: 6 } }, { setWeight: 30 }, { wait: { approval: true } }];
  const strategy = canary([...steps, { setWeight: 60 }, { wait: { seconds: 600 } }]);
  // By a program, so that whoever looks may approve it.
  const { token } = await tokenFor(system, "release-bot", "deployer");
  const { http } = createClient({ url: system.url, token });
  const params = { path: { id: SHOP }, query: { environment: "production" } };
  const { rollout } = await ok(http.PATCH("/v1/deployments/{id}", { params, body: { version: "1.3.0", strategy } }));
  if (rollout === null) throw new Error("nothing changed");
  await reaches(system, rollout, ({ weight, allowedCommands }) => weight === 30 && allowedCommands.includes("approve"));
  return rollout.id;
}
