import { mkdir, open, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { KubeApi } from "../api.ts";
import { ContainerRun } from "./container.run.ts";
import { type Recorder, recorderFor } from "./events.ts";
import type { Network, PodNetwork } from "./network.ts";
import type { Pod } from "./pod.types.ts";
import { newView, type PodView, statusOf } from "./status.ts";
import { fillVolumes } from "./volumes.ts";

/** What all pods of a runner share. */
export interface PodHost {
  api: KubeApi;
  network: Network;
  /** The API server as pods reach it; its name is in their hosts file. */
  apiPort: number;
  folder: string;
  /** Names of a namespace's Services, as lines of a hosts file. */
  namesIn(namespace: string): string;
  /** Wait before a crashed container starts again: `firstMs`, doubled each time up to `maxMs`. */
  backoff: { firstMs: number; maxMs: number };
  /** Aborted when the runner closes. */
  signal: AbortSignal;
}

const isReady = ({ conditions = [] }: { conditions?: { type: string; status: string }[] }): boolean =>
  conditions.some(({ type, status }) => type === "Ready" && status === "True");

const RETRY_MS = 500;
const DEFAULT_GRACE_SECONDS = 30;

/**
 * One pod on this machine, from being bound to being gone.
 *
 * - starting: it gets an address, its volumes are filled, its init containers run one after the other;
 * - running: its containers run, each restarted as `restartPolicy` says;
 * - stopping, once it is deleted: preStop, SIGTERM, SIGKILL when the grace period is over, and the object is removed.
 */
export class RunningPod {
  readonly runs = new Map<string, ContainerRun>();
  readonly #host: PodHost;
  readonly #view: PodView;
  readonly #record: Recorder;
  readonly #stopping = new AbortController();
  readonly #folder: string;
  #network: PodNetwork | null = null;
  #finished: Promise<void> = Promise.resolve();
  #naming: Promise<void> = Promise.resolve();
  #isDirty = false;
  #publishing: Promise<void> = Promise.resolve();

  constructor(host: PodHost, pod: Pod) {
    this.#host = host;
    this.#folder = join(host.folder, pod.metadata.uid ?? pod.metadata.name);
    this.#record = recorderFor(host.api, pod, "kubelet");
    this.#view = {
      pod,
      address: null,
      hostAddress: host.network.hostAddress,
      startedAt: new Date(),
      init: (pod.spec.initContainers ?? []).map((each) => newView(each, "PodInitializing")),
      containers: pod.spec.containers.map((each) => newView(each, "ContainerCreating")),
    };
  }

  /** As the API has it, with the address that the API may not have yet. */
  get pod(): Pod {
    const { pod, address, hostAddress } = this.#view;
    return address === null ? pod : { ...pod, status: { ...pod.status, podIP: address, hostIP: hostAddress } };
  }

  start(): void {
    this.#finished = this.#live().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return;
      this.#record("Warning", "FailedCreatePodSandBox", error instanceof Error ? error.message : String(error));
    });
  }

  /** The object has changed: it may be deleted, or called unready by controllers that took its node for lost. */
  update(pod: Pod): void {
    const said = isReady(statusOf(this.#view, new Date()));
    this.#view.pod = pod;
    if (pod.metadata.deletionTimestamp !== undefined && !this.#stopping.signal.aborted) void this.#remove();
    else if (said && pod.status !== undefined && !isReady(pod.status)) this.#publish();
  }

  /** Services of its namespace have come or gone. */
  refreshNames(): void {
    this.#naming = this.#naming.then(async () => {
      const { name, namespace = "default" } = this.pod.metadata;
      const host = `127.0.0.1 localhost\n${this.#host.network.hostAddress} kubernetes.default.svc\n`;
      const names = `${host}${this.#view.address} ${name}\n${this.#host.namesIn(namespace)}`;
      // In place, and shortened last: who reads it meanwhile finds what was in it before.
      const file = await open(join(this.#folder, "hosts"), "r+").catch(() => null);
      await file?.write(names, 0);
      await file?.truncate(Buffer.byteLength(names));
      await file?.close();
    });
  }

  /** Ends everything at once, without a word to the API. */
  async kill(): Promise<void> {
    this.#stopping.abort();
    for (const run of this.runs.values()) run.kill();
    await Promise.all([this.#finished, this.#naming]);
    await this.#network?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Stops as a kubelet does, then removes the object. */
  async #remove(): Promise<void> {
    const { deletionGracePeriodSeconds, name, namespace, uid } = this.pod.metadata;
    const graceMs = (deletionGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS) * 1_000;
    this.#stopping.abort();
    await Promise.all([...this.runs.values()].map((run) => run.stop(graceMs)));
    await this.#finished;
    this.#publish();
    await this.#publishing;
    await this.kill();
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    await this.#untilAnswered(() => this.#host.api.delete(path, { gracePeriodSeconds: 0, ...(uid && { uid }) }));
  }

  async #live(): Promise<void> {
    this.#publish();
    const volumes = join(this.#folder, "volumes");
    this.#network = await this.#host.network.attach();
    this.#view.address = this.#network.address;
    await mkdir(volumes, { recursive: true });
    const hosts = join(this.#folder, "hosts");
    await writeFile(hosts, "");
    this.refreshNames();
    await this.#naming;
    await this.#fillVolumes(volumes);

    for (const view of this.#view.init) {
      if ((await this.#run(view, volumes, hosts)) !== 0) return;
    }
    await Promise.all(this.#view.containers.map((view) => this.#run(view, volumes, hosts)));
  }

  async #run(view: PodView["init"][number], volumes: string, hosts: string): Promise<number | null> {
    if (this.#stopping.signal.aborted || this.#network === null) return null;
    const run = new ContainerRun(
      { host: this.#host, pod: () => this.pod, network: this.#network, folder: this.#folder, volumes, hosts },
      view,
      { record: this.#record, publish: () => this.#publish(), isInit: this.#view.init.includes(view) },
    );
    this.runs.set(view.spec.name, run);
    return run.live();
  }

  async #fillVolumes(folder: string): Promise<void> {
    for (;;) {
      try {
        return await fillVolumes(this.pod, folder, this.#host.api);
      } catch (error) {
        this.#record("Warning", "FailedMount", error instanceof Error ? error.message : String(error));
        await delay(RETRY_MS, undefined, { signal: this.#stopping.signal });
      }
    }
  }

  /** Tells the API how things are: once more when they changed while it was told. */
  #publish(): void {
    if (this.#isDirty) return;
    this.#isDirty = true;
    this.#publishing = this.#publishing.then(async () => {
      this.#isDirty = false;
      const { name, namespace, uid } = this.pod.metadata;
      const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
      await this.#untilAnswered(async () => {
        const status = statusOf(this.#view, new Date());
        this.#view.pod = { ...this.#view.pod, status };
        await this.#host.api.patch(path, { metadata: { uid }, status });
      });
    });
  }

  /** An API server that is away is asked again; one that says no has said it. */
  async #untilAnswered(ask: () => Promise<unknown>): Promise<void> {
    while (!this.#host.signal.aborted) {
      try {
        await ask();
        return;
      } catch (error) {
        const status = error instanceof Error && "status" in error ? Number(error.status) : 0;
        if (status >= 400 && status < 500 && status !== 429) return;
        await delay(RETRY_MS, undefined, { signal: this.#host.signal }).catch(() => undefined);
      }
    }
  }
}
