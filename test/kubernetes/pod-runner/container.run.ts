import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ContainerPlan, type RunningContainer, startContainer } from "./container.ts";
import { ConfigError, environmentOf, expand, quantity } from "./environment.ts";
import type { Recorder } from "./events.ts";
import { commandOf, findImage, isUnpullable } from "./images.ts";
import { type ContainerLog, createLog } from "./log.ts";
import type { PodNetwork } from "./network.ts";
import type { PodHost } from "./pod.ts";
import type { Container, Pod } from "./pod.types.ts";
import { callHook, probe } from "./probe.ts";
import { type ContainerView, seconds } from "./status.ts";
import { mountsOf, sourcesFrom } from "./volumes.ts";

interface RunContext {
  host: PodHost;
  pod(): Pod;
  network: PodNetwork;
  folder: string;
  volumes: string;
  hosts: string;
}

interface RunHooks {
  record: Recorder;
  /** The view has changed. */
  publish(): void;
  isInit: boolean;
}

const RETRY_MS = 500;
const PULL_RETRY_MS = 1_000;
const MESSAGE_LINES = 80;
const MESSAGE_LENGTH = 2_048;
/** Of images that do not say, where the pod insists on any but root. */
const NOBODY = 65_532;
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The runs of one container, one after the other, as `restartPolicy` has it. */
export class ContainerRun {
  log: ContainerLog | null = null;
  previousLog: ContainerLog | null = null;
  running: RunningContainer | null = null;
  readonly #context: RunContext;
  readonly #view: ContainerView;
  readonly #hooks: RunHooks;
  readonly #stopping = new AbortController();
  /** Why the runner itself ended the program, when it did. */
  #killedFor: string | null = null;

  constructor(context: RunContext, view: ContainerView, hooks: RunHooks) {
    this.#context = context;
    this.#view = view;
    this.#hooks = hooks;
  }

  get #spec(): Container {
    return this.#view.spec;
  }

  /** Resolves with the last exit code when it will not run again; null when it never ran. */
  async live(): Promise<number | null> {
    const { firstMs, maxMs } = this.#context.host.backoff;
    let backoffMs = 0;
    for (;;) {
      const plan = await this.#prepare();
      if (plan === null) return this.#over(null);
      const startedAt = new Date();
      const code = await this.#runOnce(plan, startedAt);
      if (this.#stopping.signal.aborted || !this.#isRestarted(code)) return this.#over(code);
      if (Date.now() - startedAt.getTime() > 10 * maxMs) backoffMs = 0;
      await this.#backOff(backoffMs);
      backoffMs = Math.min(Math.max(backoffMs * 2, firstMs), maxMs);
      if (this.#stopping.signal.aborted) return this.#over(code);
      this.#view.restarts += 1;
    }
  }

  /** preStop, SIGTERM, and SIGKILL when the grace period is over. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    const { running } = this;
    if (running === null) return;
    this.#hooks.record("Normal", "Killing", `Stopping container ${this.#spec.name}`);
    await this.#end(running, graceMs);
  }

  /** Ends the program when it uses more memory than its limit, as the kernel would. */
  checkMemory(): void {
    const limit = this.#spec.resources?.limits?.memory;
    const used = this.running?.usage?.memoryBytes ?? 0;
    if (limit === undefined || used <= quantity(limit) || this.#killedFor !== null) return;
    this.#killedFor = "OOMKilled";
    this.running?.signal("SIGKILL");
  }

  kill(): void {
    this.#stopping.abort();
    this.running?.signal("SIGKILL");
  }

  async #end(running: RunningContainer, graceMs: number): Promise<void> {
    const timer = setTimeout(() => running.signal("SIGKILL"), graceMs);
    await this.#preStop(running, graceMs);
    running.signal("SIGTERM");
    await running.exit;
    clearTimeout(timer);
  }

  async #preStop(running: RunningContainer, graceMs: number): Promise<void> {
    const hook = this.#spec.lifecycle?.preStop;
    if (hook?.sleep) await Promise.race([delay(Math.min(hook.sleep.seconds * 1_000, graceMs)), running.exit]);
    if (hook?.exec) await running.execute(hook.exec.command, graceMs);
    if (hook?.httpGet) await callHook(hook.httpGet, this.#context.network.address, this.#spec, graceMs);
  }

  #over(code: number | null): number | null {
    this.#view.isOver = code !== null;
    this.#view.isReady = this.#hooks.isInit && code === 0;
    this.#hooks.publish();
    return code;
  }

  #isRestarted(code: number): boolean {
    const policy = this.#context.pod().spec.restartPolicy ?? "Always";
    if (policy === "Never") return false;
    return policy === "OnFailure" || this.#hooks.isInit ? code !== 0 : true;
  }

  /** What to run, as soon as it can be said; null when the pod is stopped before. */
  async #prepare(): Promise<ContainerPlan | null> {
    while (!this.#stopping.signal.aborted) {
      try {
        if (isUnpullable(this.#spec.image)) await this.#pullInVain();
        else return await this.#plan();
      } catch (error) {
        if (error instanceof ConfigError) {
          this.#wait("CreateContainerConfigError", error.message);
          this.#hooks.record("Warning", "Failed", `Error: ${error.message}`);
        }
        await this.#pause(RETRY_MS);
      }
    }
    return null;
  }

  async #pullInVain(): Promise<void> {
    const { image } = this.#spec;
    const failure = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
    this.#wait("ErrImagePull", failure);
    this.#hooks.record("Normal", "Pulling", `Pulling image "${image}"`);
    this.#hooks.record("Warning", "Failed", `Failed to pull image "${image}": ${failure}`);
    this.#hooks.record("Warning", "Failed", "Error: ErrImagePull");
    await this.#pause(PULL_RETRY_MS);
    this.#wait("ImagePullBackOff", `Back-off pulling image "${image}": ErrImagePull: ${failure}`);
    this.#hooks.record("Normal", "BackOff", `Back-off pulling image "${image}"`);
    await this.#pause(PULL_RETRY_MS);
  }

  async #plan(): Promise<ContainerPlan> {
    const { host, network, folder, volumes, hosts } = this.#context;
    const pod = this.#context.pod();
    const { name, namespace = "default", uid } = pod.metadata;
    const container = this.#spec;
    const image = await findImage(host.api, container.image);
    const variables = await environmentOf(pod, container, sourcesFrom(host.api, namespace));
    const security = { ...pod.spec.securityContext, ...container.securityContext };
    const user = security.runAsUser ?? image?.user ?? (security.runAsNonRoot ? NOBODY : 0);
    if (security.runAsNonRoot && user === 0) {
      const where = `(pod: "${name}_${namespace}(${uid})", container: ${container.name})`;
      throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
    }
    const command = commandOf(container, image).map((part) => expand(part, variables));
    if (command.length === 0) throw new ConfigError(`no command specified, and the image ${container.image} has none`);
    const message = join(folder, `message-${container.name}`);
    await writeFile(message, "");
    await chmod(message, 0o666);
    const own = [
      { source: hosts, target: "/etc/hosts", isReadOnly: true },
      { source: message, target: this.#messagePath, isReadOnly: false },
    ];
    return {
      folder: join(folder, `root-${container.name}`),
      networkPid: network.pid,
      mounts: [...own, ...mountsOf(pod, container, volumes)],
      isRootReadOnly: security.readOnlyRootFilesystem ?? false,
      user,
      group: security.runAsGroup ?? user,
      workingDir: container.workingDir ?? image?.workingDir ?? "/",
      environment: {
        PATH: `${join(process.execPath, "..")}:${PATH}`,
        HOSTNAME: name,
        HOME: user === 0 ? "/root" : "/",
        KUBERNETES_SERVICE_HOST: "kubernetes.default.svc",
        KUBERNETES_SERVICE_PORT: String(host.apiPort),
        ...image?.env,
        ...variables,
      },
      command,
    };
  }

  get #messagePath(): string {
    return this.#spec.terminationMessagePath ?? "/dev/termination-log";
  }

  async #runOnce(plan: ContainerPlan, startedAt: Date): Promise<number> {
    const { name, image } = this.#spec;
    this.previousLog = this.log;
    const log = createLog(() => new Date());
    this.log = log;
    this.#killedFor = null;
    const running = await startContainer(plan, log);
    this.running = running;
    this.#hooks.record("Normal", "Pulled", `Container image "${image}" already present on machine`);
    this.#hooks.record("Normal", "Started", `Started container ${name}`);
    const view = this.#view;
    view.id = `process://${running.pid}`;
    view.state = { running: { startedAt: seconds(startedAt) } };
    view.isStarted = this.#spec.startupProbe === undefined;
    view.isReady = view.isStarted && this.#spec.readinessProbe === undefined && !this.#hooks.isInit;
    this.#hooks.publish();
    // Deleted while it was being started.
    if (this.#stopping.signal.aborted) running.signal("SIGKILL");

    const probing = new AbortController();
    void this.#probe(running, probing.signal);
    const code = await running.exit;
    probing.abort();
    this.running = null;
    view.isReady = false;
    view.isStarted = false;
    view.state = {
      terminated: {
        exitCode: code,
        reason: this.#killedFor ?? (code === 0 ? "Completed" : "Error"),
        message: await this.#lastWords(code, log),
        startedAt: seconds(startedAt),
        finishedAt: seconds(new Date()),
      },
    };
    this.#hooks.publish();
    return code;
  }

  async #lastWords(code: number, log: ContainerLog): Promise<string> {
    const written = await readFile(join(this.#context.folder, `message-${this.#spec.name}`), "utf8").catch(() => "");
    if (written !== "") return written.slice(0, 2 * MESSAGE_LENGTH);
    const isAsked = this.#spec.terminationMessagePolicy === "FallbackToLogsOnError" && code !== 0;
    return isAsked ? log.tail(MESSAGE_LINES).slice(-MESSAGE_LENGTH) : "";
  }

  async #probe(running: RunningContainer, signal: AbortSignal): Promise<void> {
    const { startupProbe, readinessProbe, livenessProbe } = this.#spec;
    const target = { address: this.#context.network.address, container: this.#spec, execute: running.execute };
    const warn = (kind: string) => (reason: string) =>
      this.#hooks.record("Warning", "Unhealthy", `${kind} probe failed: ${reason}`);
    const restart = (kind: string): void => {
      this.#hooks.record("Normal", "Killing", `Container ${this.#spec.name} failed ${kind} probe, will be restarted`);
      const graceSeconds = this.#context.pod().spec.terminationGracePeriodSeconds ?? 30;
      void this.#end(running, graceSeconds * 1_000);
    };
    if (startupProbe) {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const once = new AbortController();
      const until = AbortSignal.any([signal, once.signal]);
      void probe(startupProbe, target, until, (isOk) => resolve(isOk), warn("Startup")).then(() => resolve(false));
      const isStarted = await promise;
      once.abort();
      if (signal.aborted) return;
      if (!isStarted) return restart("startup");
      this.#view.isStarted = true;
      this.#view.isReady = readinessProbe === undefined && !this.#hooks.isInit;
      this.#hooks.publish();
    }
    if (livenessProbe) {
      const judge = (isOk: boolean): void => {
        if (!isOk) restart("liveness");
      };
      void probe(livenessProbe, target, signal, judge, warn("Liveness"));
    }
    if (readinessProbe) {
      const judge = (isOk: boolean): void => {
        if (this.#view.isReady === isOk) return;
        this.#view.isReady = isOk;
        this.#hooks.publish();
      };
      void probe(readinessProbe, target, signal, judge, warn("Readiness"));
    }
  }

  async #backOff(waitMs: number): Promise<void> {
    const view = this.#view;
    view.lastState = view.state;
    if (waitMs === 0) return;
    const { name, namespace, uid } = this.#context.pod().metadata;
    const of = `failed container=${this.#spec.name} pod=${name}_${namespace}(${uid})`;
    this.#wait("CrashLoopBackOff", `back-off ${waitMs}ms restarting ${of}`);
    const message = `Back-off restarting failed container ${this.#spec.name} in pod ${name}_${namespace}(${uid})`;
    this.#hooks.record("Warning", "BackOff", message);
    await this.#pause(waitMs);
  }

  #wait(reason: string, message: string): void {
    this.#view.state = { waiting: { reason, message } };
    this.#hooks.publish();
  }

  /** Ends early when the pod is stopped. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
