import type { ServerResponse } from "node:http";
import { findArtifact } from "../../artifact/artifact.store.ts";
import { findVersion } from "../../artifact/version.store.ts";
import { type TestApp, testApp } from "../../testing/app.ts";
import { createGateDeps, type GateDeps } from "../gate.deps.ts";
import { evaluateGates, type GateRun } from "../gate.evaluate.ts";
import { startService, type TestService } from "./services.ts";

/** A rollout of greeter 1.0.0 in production, on a database of its own, and what gates are asked with. */
export interface GateFixture {
  api: TestApp;
  run: GateRun;
  /** The time for gates, evaluations and patience; a test may move it. */
  clock: { now: number };
  /** With an external evaluation service at the address, if there is one. Closed by `tidy`. */
  deps(address?: string | null): GateDeps;
  evaluate(deps: GateDeps, fields?: Partial<GateRun>): ReturnType<typeof evaluateGates>;
  /** Writes a gate through the API. Throws when it is refused. */
  gate(conditions: object[], fields?: object, name?: string): Promise<void>;
  /** Records an evaluation of greeter 1.0.0 through the API: score 0.95 on smoke, of 200 samples. */
  record(fields?: object): Promise<void>;
  /** Somebody else's HTTP server. Closed by `tidy`. */
  service(answer: (response: ServerResponse) => void): Promise<TestService>;
  /** Something to do in the next `tidy`. */
  later(close: () => unknown): void;
  /** Closes what the last test opened; removes gates and evaluations. */
  tidy(): Promise<void>;
}

export async function gateFixture(): Promise<GateFixture> {
  const clock = { now: Date.parse("2026-11-21T12:00:00.000Z") };
  const api = await testApp({ clock: () => clock.now });
  const { db } = api.database;
  const send = async (method: "POST" | "PUT", path: string, body: object): Promise<unknown> => {
    const answer = await api.ask(method, path, { body });
    if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text}`);
    return answer.body;
  };
  await send("POST", "/v1/artifacts", { name: "greeter", kind: "application", labels: { team: "search" } });
  const spec = { command: ["true"], env: { KEY: "hunter2" } };
  await send("POST", "/v1/artifacts/greeter/versions", { version: "1.0.0", spec });
  const deployment = { name: "hello", artifact: "greeter", version: "1.0.0", environment: "production" };
  const { rollout } = (await send("POST", "/v1/deployments", deployment)) as { rollout: { id: string } };
  const artifact = await findArtifact(db, "default", "greeter");
  const version = await findVersion(db, artifact?.id ?? "", "1.0.0");
  const run: GateRun = {
    project: "default",
    artifact: "greeter",
    kind: "application",
    versionId: version?.id ?? "",
    version: "1.0.0",
    environment: "production",
    rollout: rollout.id,
    startedAt: clock.now,
    round: 0,
  };
  const closing: (() => unknown)[] = [];

  return {
    api,
    run,
    clock,
    deps(address = null) {
      const evaluationService = address === null ? null : { address, token: "t", timeoutMs: 30_000 };
      const deps = createGateDeps({
        evaluationService,
        now: () => clock.now,
        keys: { dataDir: api.dataDir, secretKey: null },
      });
      closing.push(deps.close);
      return deps;
    },
    evaluate: (deps, fields = {}) =>
      evaluateGates(db, { ...run, startedAt: clock.now, ...fields }, deps, new AbortController().signal),
    async gate(conditions, fields = {}, name = "quality") {
      await send("PUT", `/v1/gates/${name}`, { ...fields, conditions });
    },
    async record(fields = {}) {
      const figures = { dataset: "smoke", metrics: { score: 0.95 }, sampleCount: 200 };
      await send("POST", "/v1/evaluations", { artifact: "greeter", version: "1.0.0", ...figures, ...fields });
    },
    async service(answer) {
      const started = await startService(answer);
      closing.push(started.close);
      return started;
    },
    later: (close) => void closing.push(close),
    async tidy() {
      for (const close of closing.splice(0).reverse()) await close();
      for (const table of ["gates", "evaluations"] as const) await db.deleteFrom(table).execute();
    },
  };
}
