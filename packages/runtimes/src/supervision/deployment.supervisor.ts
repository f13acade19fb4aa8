import { type Instant, SluiceError, type WorkloadStatus } from "@sluice/core";
import { createDeploymentLogs, type DeploymentLogs } from "./deployment.logs.ts";
import type { Driver, LaunchOrder, Run } from "./driver.ts";
import { createExclusive } from "./exclusive.ts";
import * as fate from "./fates.ts";
import { createInstanceBook, type InstanceBook } from "./instance.book.ts";
import { newInstanceId, revisionInId } from "./instance.id.ts";
import type { Body, Instance, ProbeResult } from "./instance.ts";
import * as transition from "./instance.ts";
import type { LogSource } from "./log.reader.ts";
import { type Action, plan } from "./plan.ts";
import type { LogLimits, Policy, RuntimeLogger } from "./policy.ts";
import type { DeploymentStore } from "./state.store.ts";
import { withProgress, workloadStatus } from "./status.ts";
import { createWishBook, type WishBook } from "./wish.book.ts";
import type { Wish } from "./wish.ts";
import * as wishing from "./wish.ts";
import type { StoredWorkload } from "./workload.schema.ts";

export interface SupervisorContext {
  driver: Driver;
  clock: () => Instant;
  logger: RuntimeLogger;
  policy: Policy;
  logLimits: LogLimits;
  onChange(deployment: string): void;
}

/** A run, and where its error output began, so that a reason quotes no earlier one. */
interface Watched {
  run: Run;
  errorsFrom: number;
}

const LONGEST_TIMER_MS = 60_000;
/** Lines of error output that are looked through for the reason of an exit. */
const LAST_WORDS = 30;

/**
 * Brings one deployment's instances to what is wished. All changes go through one queue, so no two passes and no pass
 * and a new wish overlap. A pass looks at what runs, plans (`plan.ts`), carries out through the driver, and looks again
 * until nothing is left to do; exits, probes, wishes and timers only ask for a pass.
 */
export class DeploymentSupervisor {
  readonly #deployment: string;
  readonly #store: DeploymentStore;
  readonly #context: SupervisorContext;
  readonly #exclusive = createExclusive();
  readonly #logs: DeploymentLogs;
  readonly #wishes: WishBook;
  readonly #book: InstanceBook;
  readonly #runs = new Map<string, Watched>();
  #passQueued = false;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;
  #lastSeen = "";

  constructor(deployment: string, store: DeploymentStore, context: SupervisorContext) {
    this.#deployment = deployment;
    this.#store = store;
    this.#context = context;
    this.#logs = createDeploymentLogs(context.logLimits, context.clock);
    this.#wishes = createWishBook(deployment, store);
    this.#book = createInstanceBook(store);
  }

  get isEmpty(): boolean {
    return this.#wishes.all().length === 0 && this.#book.all().length === 0;
  }

  /** Reads what was wished and takes over what still runs. Throws `data_loss`. */
  async adopt(): Promise<void> {
    await this.#wishes.read();
    for (const id of await this.#store.ended())
      this.#logs.add(id, revisionInId(id), this.#store.endedFolder(id), { ended: true });
    const { instances, unreadable } = await this.#store.readInstances();
    for (const id of unreadable) {
      this.#context.logger.warn({ deployment: this.#deployment, instance: id }, "record of an instance is unreadable");
      await this.#context.driver.sweep(id, null);
      await this.#store.endInstance(id);
    }
    for (const instance of instances) {
      const wish = this.#wishOf(instance);
      if (wish === undefined) {
        await this.#context.driver.sweep(instance.id, instance.process);
        await this.#store.endInstance(instance.id);
        continue;
      }
      this.#logs.add(instance.id, instance.revision, this.#store.instanceFolder(instance.id));
      this.#book.put(await this.#adoptOne(instance, wish));
    }
    this.poke();
  }

  /** Throws `aborted` when the fence is stale. */
  async apply(workload: StoredWorkload): Promise<void> {
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
    const instances = this.#book.all();
    return this.#wishes.all().map((wish) => workloadStatus(wish, instances, now));
  }

  /** Every instance that has something running now. */
  running(): { id: string; process: Body }[] {
    return this.#book.all().flatMap(({ id, process }) => (process === null ? [] : [{ id, process }]));
  }

  logSources(): LogSource[] {
    return this.#logs.sources();
  }

  /** To be called several times a second: bounds the log files, and notices the end of adopted processes. */
  async tick(): Promise<void> {
    await this.#logs.rotate(this.#runs.keys());
    if ([...this.#runs.values()].some(({ run }) => run.ended() !== null)) this.poke();
  }

  /** Stops supervising; instances keep running. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#exclusive(() => this.#book.flush());
    for (const { run } of this.#runs.values()) run.stopProbing();
  }

  /** Asks for a pass: something may have changed. */
  poke(): void {
    if (this.#passQueued || this.#closed) return;
    this.#passQueued = true;
    void this.#exclusive(async () => {
      this.#passQueued = false;
      await this.#pass();
    }).catch((error: unknown) => {
      this.#context.logger.error({ deployment: this.#deployment, err: error }, "supervising failed; trying again");
      this.#wakeAt(this.#context.clock() + fate.RETRY_MS);
    });
  }

  /** Makes a change of what is wished durable, then sees to it. */
  async #wish(fence: number, change: (wishes: Wish[], now: Instant) => Wish[]): Promise<void> {
    await this.#exclusive(() => this.#wishes.change(fence, (wishes) => change(wishes, this.#context.clock())));
    this.poke();
  }

  async #pass(): Promise<void> {
    while (!this.#closed) {
      await this.#noticeEnds();
      await this.#keepProgress();
      const now = this.#context.clock();
      const { actions, wakeAt } = plan(this.#wishes.all(), this.#book.all(), now, this.#context.policy);
      for (const action of actions) await this.#perform(action);
      await this.#book.flush();
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
    this.#timer = setTimeout(() => this.poke(), wait);
  }

  #tellChange(): void {
    const seen = JSON.stringify(this.observe());
    if (seen === this.#lastSeen) return;
    this.#lastSeen = seen;
    this.#context.onChange(this.#deployment);
  }

  async #keepProgress(): Promise<void> {
    const now = this.#context.clock();
    const instances = this.#book.all();
    await this.#wishes.note((wish) =>
      withProgress(
        wish,
        instances.filter(({ revision }) => revision === wish.workload.revision),
        now,
      ),
    );
  }

  /** Folds the end of everything that has ended since the last look. */
  async #noticeEnds(): Promise<void> {
    for (const [id, watched] of this.#runs) {
      const { run } = watched;
      const how = run.ended();
      const instance = this.#book.get(id);
      if (how === null || instance === undefined) continue;
      const { life } = instance;
      // Children of a process that was asked to stop may finish their work too, until the time is up.
      const mayFinish = life.kind === "stopping" && life.signalled !== "kill" && life.termAt <= this.#context.clock();
      if (mayFinish && run.hasMembers()) continue;
      run.stopProbing();
      await run.clear();
      await this.#logs.look(id);
      if (life.kind === "stopping" && run.hasMembers()) continue;
      this.#book.put(await this.#afterEnd(instance, how, watched));
      this.#runs.delete(id);
      this.#context.logger.info({ deployment: this.#deployment, instance: id, how }, "instance ended");
    }
  }

  #afterEnd(instance: Instance, how: string, { run, errorsFrom }: Watched): Promise<Instance> {
    const lastWords = (): Promise<string[]> => this.#logs.of(instance.id).stderr.lastLines(LAST_WORDS, errorsFrom);
    const end = { how, endedWell: run.endedWell(), lastWords };
    return fate.afterEnd(instance, end, this.#wishOf(instance)?.workload, this.#context);
  }

  async #perform(action: Action): Promise<void> {
    const now = this.#context.clock();
    switch (action.type) {
      case "create": {
        const id = newInstanceId(action.revision);
        this.#logs.add(id, action.revision, this.#store.instanceFolder(id));
        this.#book.put(transition.newInstance(id, action.revision, action.generation, now));
        return;
      }
      case "forgetRevision":
        return this.#wishes.forget(action.revision);
    }
    const instance = this.#book.get(action.id);
    if (instance === undefined) return;
    const run = this.#runs.get(action.id)?.run;
    switch (action.type) {
      case "launch":
        return this.#launch(instance);
      case "stop":
        run?.stopProbing();
        this.#book.put(transition.stopping(instance, action, now));
        return;
      case "terminate":
        await run?.terminate();
        this.#book.put(transition.signalled(instance, "term"));
        return;
      case "kill":
        await run?.kill();
        this.#book.put(transition.signalled(instance, "kill"));
        return;
      case "forget":
        return this.#forget(action.id);
    }
  }

  /** The intent reaches the disk before anything is started, so that nothing that runs is ever lost sight of. */
  async #launch(instance: Instance): Promise<void> {
    const { clock, driver } = this.#context;
    const wish = this.#wishOf(instance);
    if (wish === undefined) return;
    const { id } = instance;
    const obstacle = await driver.prepare(this.#orderOf(instance, wish));
    if (obstacle !== null) return this.#book.put(fate.afterObstacle(instance, obstacle, this.#context));
    const intent = transition.launching(instance);
    this.#book.put(intent);
    try {
      await this.#book.flush();
    } catch (error) {
      this.#book.put(transition.launchUndone(instance, clock() + fate.RETRY_MS));
      throw error;
    }
    const errorsFrom = await this.#logs.look(id);
    const result = await driver.launch(this.#orderOf(intent, wish));
    if (!result.ok) return this.#book.put(fate.afterObstacle(intent, result, this.#context));
    this.#runs.set(id, { run: result.run, errorsFrom });
    this.#book.put(transition.launched(intent, result, clock()));
    await this.#book.flush();
  }

  #orderOf(instance: Instance, { workload }: Wish): LaunchOrder {
    const { id, revision } = instance;
    return {
      instance,
      workload,
      folder: this.#store.instanceFolder(id),
      output: this.#logs.of(id),
      watcher: {
        check: () => this.#wishOf({ revision })?.workload.healthCheck ?? null,
        onProbe: (result) => this.#onProbe(id, result),
        onEnd: () => this.poke(),
      },
    };
  }

  #onProbe(id: string, result: ProbeResult): boolean {
    const before = this.#book.get(id);
    const wish = before === undefined ? undefined : this.#wishOf(before);
    if (before === undefined || wish === undefined || before.life.kind !== "running") return false;
    const { clock, policy } = this.#context;
    const after = transition.probed(before, result, wish.workload.healthCheck, clock(), policy);
    const turned = transition.isReady(before) !== transition.isReady(after) || before.crashLoop !== after.crashLoop;
    if (turned) this.#book.put(after);
    else this.#book.note(after);
    const wasReady = before.life.readyAt !== null;
    if (turned || (!result.ok && wasReady)) this.poke();
    return wasReady || result.ok;
  }

  async #forget(id: string): Promise<void> {
    const dropped = await this.#store.endInstance(id);
    await this.#logs.markEnded(id, this.#store.endedFolder(id));
    for (const old of dropped) this.#logs.drop(old);
    this.#book.drop(id);
  }

  /** What an instance that was written down has become while nobody watched. */
  async #adoptOne(instance: Instance, wish: Wish): Promise<Instance> {
    const { driver } = this.#context;
    const { id, life, process: body } = instance;
    const run = body === null ? null : await driver.adopt({ ...this.#orderOf(instance, wish), body });
    if (run !== null) {
      this.#runs.set(id, { run, errorsFrom: Number.NEGATIVE_INFINITY });
      if (life.kind === "stopping") run.stopProbing();
      return instance;
    }
    if (!fate.mayRun(instance)) return instance;
    await driver.sweep(id, null);
    return fate.afterUnseenEnd(instance, this.#context);
  }

  #wishOf({ revision }: Pick<Instance, "revision">): Wish | undefined {
    return this.#wishes.of(revision);
  }
}
