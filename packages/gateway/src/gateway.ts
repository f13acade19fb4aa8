import { join } from "node:path";
import { type GatewaySnapshot, type RouteConfig, type RouteObservation, SluiceError } from "@sluice/core";
import type { Logger } from "pino";
import { createPublicServer } from "./public.server.ts";
import { RouteTable } from "./route/route.table.ts";
import { StateFile } from "./state/state.file.ts";
import { parseState, renderState } from "./state/table.state.ts";

/** How often the guards look (ms). At 200 requests a second this is 4 requests: closing waits for evidence, not for us. */
const TICK_MS = 20;
/** Evidence that changed is written at most this often (ms). Configurations and closings are written at once. */
const EVIDENCE_MS = 250;

export interface GatewayOptions {
  /** Where `gateway/state.json` lives; null keeps everything in memory. */
  dataDir: string | null;
  /** Address to listen at; `port` 0 takes a free one. */
  bind: string;
  port: number;
  /** Names this gateway in its snapshots. */
  name: string;
  /** Whether it wants callers only when it has routes from before, or was told that it has them all. Default: at once. */
  waits?: boolean;
  logger: Logger;
  /** False leaves every request to node:http and undici: tests compare. */
  fast?: boolean;
}

/** The data plane: routes, counts and guards, for as long as it lives without any control plane. */
export interface Gateway {
  /** Loads what was on disk, then accepts requests. Resolves with the port. */
  listen(): Promise<number>;
  /**
   * Takes over a route's configuration, all of it at once; on disk when it resolves. Throws `aborted` for a lower epoch
   * than the one in force, `already_exists` when another route matches the same requests.
   */
  apply(config: RouteConfig): Promise<RouteObservation>;
  /** Takes a route away. Unknown ones are fine. Throws `aborted` for a lower epoch than the one in force. */
  remove(id: string, epoch: number | null): Promise<void>;
  snapshot(): GatewaySnapshot;
  readonly table: RouteTable;
  /** Called when a guard has closed its gate, after that is on disk. Answers how to stop listening. */
  onClosed(listener: (route: RouteObservation) => void): () => void;
  /** It has been told of everything. */
  admit(): void;
  /** Says that it is about to end, and serves on. */
  retire(): void;
  /** Whether it wants callers. */
  readonly ready: boolean;
  /** Accepts nothing more, lets requests in flight finish for `deadlineMs`, then ends everything. */
  close(deadlineMs?: number): Promise<void>;
}

export function createGateway({
  dataDir,
  bind,
  port,
  name,
  waits = false,
  logger,
  fast = true,
}: GatewayOptions): Gateway {
  const table = new RouteTable();
  const server = createPublicServer(table, fast);
  const file =
    dataDir === null ? null : new StateFile(join(dataDir, "gateway", "state.json"), () => renderState(table.state()));
  const listeners = new Set<(route: RouteObservation) => void>();
  const startedAt = Date.now();
  let leaving = false;
  let complete = !waits;
  let evidence: NodeJS.Timeout | null = null;
  let lastEvidence = "";

  const save = async (): Promise<void> => file?.save();
  const warn = (message: string) => (error: unknown) => logger.error({ err: error }, message);

  const announce = (closed: RouteObservation): void => {
    const { id, guard } = closed;
    logger.warn({ route: id, hypothesis: guard?.hypothesis, closed: guard?.closed }, "the guard closed the gate");
    save()
      .catch(warn("a closing could not be written to disk"))
      .finally(() => {
        for (const listener of listeners) listener(closed);
      });
  };

  const tick = (): void => {
    for (const closed of table.tick(Date.now())) announce(closed);
  };

  const saveEvidence = (): void => {
    if (file === null || !table.guarded) return;
    const now = JSON.stringify([...table.records.values()].map((record) => record.guardReport()));
    if (now === lastEvidence) return;
    lastEvidence = now;
    save().catch(warn("evidence could not be written to disk"));
  };

  /**
   * A gateway that does not start serves nobody. So a damaged file is put aside: the control plane sends every route
   * again, and only the evidence of rollouts under way begins anew.
   */
  const restore = async (): Promise<void> => {
    const text = (await file?.read()) ?? null;
    if (file === null || text === null) return;
    try {
      table.restore(parseState(text), Date.now());
      complete ||= table.records.size > 0;
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === "data_loss")) throw error;
      logger.error({ err: error, kept: await file.setAside() }, "starting without the routes from before");
    }
  };

  const ticking = setInterval(tick, TICK_MS);
  ticking.unref();

  return {
    table,
    async listen() {
      await restore();
      evidence = setInterval(saveEvidence, EVIDENCE_MS);
      evidence.unref();
      return server.listen(bind, port);
    },
    async apply(config) {
      const observation = table.apply(config, Date.now());
      await save();
      return observation;
    },
    async remove(id, epoch) {
      table.remove(id, epoch);
      await save();
    },
    snapshot() {
      const routes = [...table.records.values()].map((record) => record.observe());
      const state = { ...(leaving && { leaving }), ...(!complete && { ready: false }) };
      return { gateway: name, startedAt, observedAt: Date.now(), ...state, routes };
    },
    admit() {
      complete = true;
    },
    retire() {
      leaving = true;
    },
    get ready() {
      return complete && !leaving;
    },
    onClosed(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close(deadlineMs = 30_000) {
      leaving = true;
      await server.drain(deadlineMs);
      clearInterval(ticking);
      if (evidence !== null) clearInterval(evidence);
      tick();
      await save();
      await table.destroy();
    },
  };
}
