import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type Instant, SluiceError, type Workload, type WorkloadStatus } from "@sluice/core";
import { createDeploymentLogs, type DeploymentLogs } from "./deployment.logs.ts";
import { createExclusive } from "./exclusive.ts";
import { exitReason, saysPortTaken, UNWATCHED } from "./exit-reason.ts";
import { feelPulse } from "./heartbeat.ts";
import { type Run, sweepMarked, watchRun } from "./instance.run.ts";
import type { Instance, ProbeResult } from "./instance.ts";
import * as transition from "./instance.ts";
import { launch } from "./launch.ts";
import type { LogSource } from "./log.reader.ts";
import { type Action, plan } from "./plan.ts";
import type { PortPool } from "./port.pool.ts";
import { probe } from "./probe.ts";
import type { LogLimits, Policy, RuntimeLogger } from "./process.types.ts";
import { isAlive, type ProcessIdentity, signalGroup } from "./process-table.ts";
import type { DeploymentStore } from "./state.store.ts";
import { HOST, withProgress, workloadStatus } from "./status.ts";
import type { DeploymentState, Wish } from "./wish.ts";
import * as wishing from "./wish.ts";

export interface SupervisorContext {
  baseEnv: Record<string, string | undefined>;
  clock: () => Instant;
  logger: RuntimeLogger;
  policy: Policy;
  logLimits: LogLimits;
  ports: PortPool;
  onChange(deployment: string): void;
}

/** After an effect failed for a cause outside the program, such as a full disk. */
const RETRY_MS = 1_000;
const LONGEST_TIMER_MS = 60_000;
/** Lines of error output that are looked through for the reason of an exit. */
const LAST_WORDS = 30;

/**
 * Brings one deployment's instances to what is wished. All changes go through one queue, so no two passes and no pass
 * and a new wish overlap. A pass looks at the processes, plans (`plan.ts`), carries out, and looks again until nothing
 * is left to do; exits, probes, wishes and timers only ask for a pass.
 */
export class DeploymentSupervisor {
  readonly #deployment: string;
  readonly #store: DeploymentStore;
  readonly #context: SupervisorContext;
  readonly #exclusive = createExclusive();
  readonly #logs: DeploymentLogs;
  #state: DeploymentState;
  readonly #instances = new Map<string, Instance>();
  readonly #runs = new Map<string, Run>();
  /** Ids of instances whose record on disk is older than the one in memory. */
  readonly #unwritten = new Set<string>();
  #passQueued = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #lastSeen = "";

  constructor(deployment: string, store: DeploymentStore, context: SupervisorContext) {
    this.#deployment = deployment;
    this.#store = store;
    this.#context = context;
    this.#logs = createDeploymentLogs(context.logLimits);
    this.#state = { deployment, fence: 0, wishes: [] };
  }

  get isEmpty(): boolean {
    return this.#state.wishes.length === 0 && this.#instances.size === 0;
  }

  /** Reads what was wished and takes over what still runs. Throws `data_loss`. */
  async adopt(): Promise<void> {
    this.#state = (await this.#store.readState()) ?? this.#state;
    for (const id of await this.#store.ended())
      this.#logs.add(id, revisionIn(id), this.#store.endedFolder(id), { ended: true });
    const { instances, unreadable } = await this.#store.readInstances();
    for (const id of unreadable) {
      this.#context.logger.warn({ deployment: this.#deployment, instance: id }, "record of an instance is unreadable");
      sweepMarked(id);
      await this.#store.endInstance(id);
    }
    for (const instance of instances) {
      if (this.#wishOf(instance) === undefined) {
        if (instance.process !== null) signalGroup(instance.process, "SIGKILL");
        sweepMarked(instance.id);
        await this.#store.endInstance(instance.id);
        continue;
      }
      this.#logs.add(instance.id, instance.revision, this.#store.instanceFolder(instance.id));
      this.#put(this.#adoptOne(instance));
    }
    this.#poke();
  }

  /** Throws `aborted` when the fence is stale. */
  async apply(workload: Workload): Promise<void> {
    await this.#wish(workload.fence, (wishes, now) => {
      const previous = wishes.find((wish) => wish.workload.revision === workload.revision);
      const others = wishes.filter((wish) => wish !== previous);
      return [...others, wishing.applied(previous, workload, now)].toSorted(
        (a, b) => a.workload.revision - b.workload.revision,
      );
    });
  }

  async remove(revision: number, fence: number): Promise<void> {
    await this.#wish(fence, (wishes) =>
      wishes.map((wish) => (wish.workload.revision === revision ? wishing.removed(wish) : wish)),
    );
  }

  /** Throws `not_found` for a revision that nobody wants. */
  async restart(revision: number, fence: number): Promise<void> {
    await this.#wish(fence, (wishes, now) => {
      if (!wishes.some((wish) => wish.workload.revision === revision && !wish.removed))
        throw new SluiceError("not_found", `revision ${revision} of ${this.#deployment} does not run here`);
      return wishes.map((wish) => (wish.workload.revision === revision ? wishing.restarted(wish, fence, now) : wish));
    });
  }

  observe(): WorkloadStatus[] {
    const now = this.#context.clock();
    const instances = [...this.#instances.values()];
    return this.#state.wishes.map((wish) => workloadStatus(wish, instances, now));
  }

  /** Every instance that has a process now. */
  processes(): { id: string; process: ProcessIdentity }[] {
    return [...this.#instances.values()].flatMap(({ id, process }) => (process === null ? [] : [{ id, process }]));
  }

  logSources(): LogSource[] {
    return this.#logs.sources();
  }

  /** To be called several times a second: bounds the log files, and notices the end of adopted processes. */
  async tick(): Promise<void> {
    await this.#logs.rotate(this.#runs.keys());
    if ([...this.#runs.values()].some((run) => run.ended() !== null)) this.#poke();
  }

  /** Stops supervising; instances keep running. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#exclusive(() => this.#flush());
    for (const run of this.#runs.values()) run.stopProbing();
  }

  /** Makes a change of what is wished durable, then sees to it. */
  async #wish(fence: number, change: (wishes: Wish[], now: Instant) => Wish[]): Promise<void> {
    await this.#exclusive(async () => {
      if (fence < this.#state.fence)
        throw new SluiceError(
          "aborted",
          `fence ${fence} of ${this.#deployment} is stale; the highest seen is ${this.#state.fence}`,
        );
      const wishes = change(this.#state.wishes, this.#context.clock());
      const next = { ...this.#state, fence, wishes };
      if (isDeepStrictEqual(next, this.#state)) return;
      await this.#store.writeState(next, { durable: true });
      this.#state = next;
    });
    this.#poke();
  }

  #poke(): void {
    if (this.#passQueued || this.#closed) return;
    this.#passQueued = true;
    void this.#exclusive(async () => {
      this.#passQueued = false;
      await this.#pass();
    }).catch((error: unknown) => {
      this.#context.logger.error({ deployment: this.#deployment, err: error }, "supervising failed; trying again");
      this.#wakeAt(this.#context.clock() + RETRY_MS);
    });
  }

  async #pass(): Promise<void> {
    while (!this.#closed) {
      await this.#noticeEnds();
      await this.#keepProgress();
      const now = this.#context.clock();
      const { actions, wakeAt } = plan(this.#state.wishes, [...this.#instances.values()], now, this.#context.policy);
      for (const action of actions) await this.#perform(action);
      await this.#flush();
      this.#tellChange();
      if (actions.length > 0) continue;
      this.#wakeAt(wakeAt);
      return;
    }
  }

  #wakeAt(at: Instant | null): void {
    clearTimeout(this.#timer);
    if (at === null || this.#closed) return;
    const wait = Math.min(LONGEST_TIMER_MS, Math.max(1, at - this.#context.clock()));
    this.#timer = setTimeout(() => this.#poke(), wait);
  }

  #tellChange(): void {
    const seen = JSON.stringify(this.observe());
    if (seen === this.#lastSeen) return;
    this.#lastSeen = seen;
    this.#context.onChange(this.#deployment);
  }

  async #keepProgress(): Promise<void> {
    const now = this.#context.clock();
    const instances = [...this.#instances.values()];
    const wishes = this.#state.wishes.map((wish) =>
      withProgress(
        wish,
        instances.filter(({ revision }) => revision === wish.workload.revision),
        now,
      ),
    );
    if (wishes.every((wish, index) => wish === this.#state.wishes[index])) return;
    this.#state = { ...this.#state, wishes };
    await this.#store.writeState(this.#state, { durable: false });
  }

  /** Folds the end of every process that has ended since the last look. */
  async #noticeEnds(): Promise<void> {
    for (const [id, run] of this.#runs) {
      const how = run.ended();
      const instance = this.#instances.get(id);
      if (how === null || instance === undefined) continue;
      const { life } = instance;
      // Children of a process that was asked to stop may finish their work too, until the time is up.
      if (
        life.kind === "stopping" &&
        life.signalled !== "kill" &&
        life.termAt <= this.#context.clock() &&
        run.hasMembers()
      )
        continue;
      run.stopProbing();
      run.sweep();
      if (life.kind === "stopping" && run.hasMembers()) continue;
      this.#put(await this.#afterEnd(instance, how, run));
      this.#runs.delete(id);
      if (instance.port !== null) this.#context.ports.release(instance.port);
      this.#context.logger.info({ deployment: this.#deployment, instance: id, how }, "instance ended");
    }
  }

  async #afterEnd(instance: Instance, how: string, { errorsFrom, endedWell }: Run): Promise<Instance> {
    const { clock, policy } = this.#context;
    const { life } = instance;
    if (life.kind === "stopping")
      return life.outcome === "forget"
        ? transition.gone(instance)
        : transition.exited(instance, life.why, clock(), policy);
    if (endedWell() && this.#wishOf(instance)?.workload.process === "job")
      return transition.completed(instance, clock());
    const said = (await this.#logs.errors(instance.id)?.lastLines(LAST_WORDS, errorsFrom)) ?? [];
    if (saysPortTaken(said) && instance.portRetries < policy.portRetries)
      return transition.portWasTaken(instance, clock());
    const before = life.kind === "running" && life.readyAt === null ? " before it was ready" : "";
    const env = this.#wishOf(instance)?.workload.env ?? {};
    return transition.exited(instance, exitReason(`${how}${before}`, said, env), clock(), policy);
  }

  async #perform(action: Action): Promise<void> {
    const now = this.#context.clock();
    switch (action.type) {
      case "create": {
        const id = newId(action.revision);
        this.#logs.add(id, action.revision, this.#store.instanceFolder(id));
        this.#put(transition.newInstance(id, action.revision, action.generation, now));
        return;
      }
      case "forgetRevision": {
        const wishes = this.#state.wishes.filter(({ workload }) => workload.revision !== action.revision);
        const next = { ...this.#state, wishes };
        await this.#store.writeState(next, { durable: true });
        this.#state = next;
        return;
      }
    }
    const instance = this.#instances.get(action.id);
    if (instance === undefined) return;
    const run = this.#runs.get(action.id);
    switch (action.type) {
      case "launch":
        return this.#launch(instance);
      case "stop":
        run?.stopProbing();
        this.#put(transition.stopping(instance, action, now));
        return;
      case "terminate":
        run?.signal("SIGTERM");
        this.#put(transition.signalled(instance, "term"));
        return;
      case "kill":
        run?.sweep();
        this.#put(transition.signalled(instance, "kill"));
        return;
      case "forget":
        return this.#forget(action.id);
    }
  }

  /** The intent reaches the disk before the process exists, so that no process is ever lost sight of. */
  async #launch(instance: Instance): Promise<void> {
    const { clock, policy, ports, baseEnv } = this.#context;
    const wish = this.#wishOf(instance);
    if (wish === undefined) return;
    const { id } = instance;
    const port = await ports.reserve();
    const intent = transition.launching(instance, port);
    this.#put(intent);
    try {
      await this.#flush();
    } catch (error) {
      ports.release(port);
      this.#put(transition.launchUndone(instance, clock() + RETRY_MS));
      throw error;
    }
    const errorsFrom = (await this.#logs.errors(id)?.end()) ?? 0;
    const folder = this.#store.instanceFolder(id);
    const result = await launch({ instance: intent, workload: wish.workload, port, folder, baseEnv });
    if (result.ok) {
      const started = transition.launched(intent, result.identity, clock());
      this.#put(started);
      // Watched before the first await: the program may end at once.
      this.#watch(started, result.child, errorsFrom);
      return this.#flush();
    }
    ports.release(port);
    this.#put((result.permanent ? transition.unstartable : transition.exited)(intent, result.reason, clock(), policy));
  }

  #watch(instance: Instance, child: Parameters<typeof watchRun>[0]["child"], errorsFrom: number): void {
    const { id, process: identity, port } = instance;
    if (identity === null || port === null) return;
    const run = watchRun({
      id,
      identity,
      probe: this.#probeOf(instance, port),
      child,
      errorsFrom,
      check: () => this.#wishOf(instance)?.workload.healthCheck ?? null,
      onProbe: (result) => this.#onProbe(id, result),
      onEnd: () => this.#poke(),
    });
    this.#runs.set(id, run);
  }

  /** How an instance of its kind is looked at. */
  #probeOf(instance: Instance, port: number): Parameters<typeof watchRun>[0]["probe"] {
    const kind = this.#wishOf(instance)?.workload.process ?? "service";
    if (kind === "job") return null;
    if (kind === "service") return (health, signal) => probe(HOST, port, health, signal);
    const folder = this.#store.instanceFolder(instance.id);
    const { life } = instance;
    const startedAt = life.kind === "running" ? life.startedAt : this.#context.clock();
    return async (health) => feelPulse(folder, startedAt, health, this.#context.clock());
  }

  #onProbe(id: string, result: ProbeResult): boolean {
    const before = this.#instances.get(id);
    const wish = before === undefined ? undefined : this.#wishOf(before);
    if (before === undefined || wish === undefined || before.life.kind !== "running") return false;
    const { clock, policy } = this.#context;
    const after = transition.probed(before, result, wish.workload.healthCheck, clock(), policy);
    const turned = transition.isReady(before) !== transition.isReady(after) || before.crashLoop !== after.crashLoop;
    if (turned) this.#put(after);
    else this.#instances.set(id, after); // Counters alone are not worth a write.
    const wasReady = before.life.readyAt !== null;
    if (turned || (!result.ok && wasReady)) this.#poke();
    return wasReady || result.ok;
  }

  async #forget(id: string): Promise<void> {
    const dropped = await this.#store.endInstance(id);
    await this.#logs.markEnded(id, this.#store.endedFolder(id));
    for (const old of dropped) this.#logs.drop(old);
    this.#instances.delete(id);
    this.#unwritten.delete(id);
  }

  /** What an instance that was written down has become while nobody watched. */
  #adoptOne(instance: Instance): Instance {
    const { clock, policy, ports } = this.#context;
    const { id, life, process: identity, port } = instance;
    if (identity !== null && port !== null && isAlive(identity)) {
      ports.claim(port);
      this.#watch(instance, null, Number.NEGATIVE_INFINITY);
      if (life.kind === "stopping") this.#runs.get(id)?.stopProbing();
      return instance;
    }
    if (life.kind === "waiting" || life.kind === "done" || life.kind === "gone") return instance;
    sweepMarked(id);
    if (life.kind === "launching") return transition.launchUndone(instance, clock());
    if (life.kind === "stopping" && life.outcome === "forget") return transition.gone(instance);
    return transition.exited(instance, UNWATCHED, clock(), policy);
  }

  #wishOf({ revision }: Instance): Wish | undefined {
    return this.#state.wishes.find(({ workload }) => workload.revision === revision);
  }

  #put(instance: Instance): void {
    this.#instances.set(instance.id, instance);
    this.#unwritten.add(instance.id);
  }

  async #flush(): Promise<void> {
    for (const id of [...this.#unwritten]) {
      const instance = this.#instances.get(id);
      this.#unwritten.delete(id);
      if (instance === undefined) continue;
      try {
        await this.#store.writeInstance(instance);
      } catch (error) {
        this.#unwritten.add(id);
        throw error;
      }
    }
  }
}

/** The revision leads the id, so that the output of an ended instance is still known by it. */
const newId = (revision: number): string => `r${revision}-${randomBytes(6).toString("hex")}`;

const revisionIn = (id: string): number | null => {
  const match = /^r(\d+)-/.exec(id);
  return match === null ? null : Number(match[1]);
};
