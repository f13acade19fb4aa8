import { type Instant, SluiceError, type Target } from "@sluice/core";
import type { Driver, Launch, LaunchOrder, Obstacle } from "../supervision/driver.ts";
import { judgePulse } from "../supervision/heartbeat.ts";
import type { ProbeResult } from "../supervision/instance.ts";
import type { RuntimeLogger } from "../supervision/policy.ts";
import { createPortPool } from "../supervision/port.pool.ts";
import { probe } from "../supervision/probe.ts";
import type { Look } from "../supervision/probing.ts";
import { type Address, addressOf, brokenPromise } from "./container.address.ts";
import { lastBeatOf } from "./container.heartbeat.ts";
import { LABELS } from "./container.labels.ts";
import { containerOptions, type NetworkUse, networkUse } from "./container.options.ts";
import { type ContainerRun, removeContainer, watchContainer } from "./container.run.ts";
import { isConflict, obstacleOf } from "./daemon.error.ts";
import type { Daemon } from "./daemon.ts";
import type { Reach } from "./docker.types.ts";
import type { ImageKeeper } from "./image.keeper.ts";
import type { ImagePin } from "./image.pins.ts";
import { networkObstacle } from "./network.ts";

/** Creating and starting may mean to unpack and to mount. */
const START_MS = 60_000;
const LOOPBACK = "127.0.0.1";

interface DockerDriverOptions {
  daemon: Daemon;
  images: ImageKeeper;
  owner: string;
  reach: Reach;
  clock(): Instant;
  logger: RuntimeLogger;
}

export interface DockerDriver extends Driver {
  /** Looks at one of the containers that are watched over, or at all of them. */
  refresh(container?: string): void;
  /** Ids of every container of ours, running or not. */
  all(): Promise<string[]>;
  /** Removes those that nobody watches over. */
  removeStrays(containers: string[]): Promise<void>;
  /** Ends every watch; the containers go on. */
  leave(): Promise<void>;
}

/** Carries instances out as containers of one daemon. */
export function createDockerDriver({ daemon, images, owner, reach, clock, logger }: DockerDriverOptions): DockerDriver {
  const ports = createPortPool();
  const runs = new Map<string, ContainerRun>();

  /** How an instance of its kind is looked at. */
  function lookAt({ workload }: LaunchOrder, container: string, at: Address | null, startedAt: Instant): Look | null {
    const { process: kind = "service" } = workload;
    if (kind === "job" || (kind === "service" && at === null)) return null;
    if (kind === "service" && at !== null)
      return async (health, signal) => fromOutside(await probe(at.host, at.port, health, signal));
    return async (health) => {
      const lastBeat = await lastBeatOf(daemon, container);
      return judgePulse({ startedAt, lastBeat }, health, clock());
    };
  }

  function watch(order: LaunchOrder, container: string, look: Look | null, onEnd: () => void, hint: string | null) {
    const onClear = (): void => {
      runs.delete(container);
      onEnd();
    };
    const { folder, output, watcher } = order;
    const run = watchContainer({ daemon, container, folder, output, look, watcher, logger, hint, onClear });
    runs.set(container, run);
    return run;
  }

  async function launch(order: LaunchOrder, pin: ImagePin, hint: string | null): Promise<Launch> {
    const { instance, workload } = order;
    const network = await networkFor(workload.placement?.target);
    const release = (): void => {
      if (network.mode === "host") ports.release(network.port);
    };
    const options = containerOptions({ instance, workload, owner, image: pin, network });
    const name = options.name ?? instance.id;
    try {
      const { id } = await daemon.call(
        `creating container ${name} of image ${workload.image}`,
        (docker, with_) => docker.createContainer({ ...options, ...with_ }),
        START_MS,
      );
      await daemon.call(
        `starting container ${name} of image ${workload.image}`,
        (docker, with_) => docker.getContainer(id).start(with_),
        START_MS,
      );
      const found = await daemon.call(`looking at container ${name}`, (docker, with_) =>
        docker.getContainer(id).inspect(with_),
      );
      const broken = brokenPromise(found, workload, network);
      if (broken !== null) throw new SluiceError("failed_precondition", broken);
      const at = addressOf(found, network);
      const look = lookAt(order, id, at, clock());
      const run = watch(order, id, look, release, hint);
      // It may have ended before anybody listened.
      if (!found.State.Running) await run.refresh();
      return {
        ok: true,
        body: { pid: found.State.Pid, container: id },
        host: at?.host ?? LOOPBACK,
        port: at?.port ?? null,
        run,
      };
    } catch (error) {
      release();
      if (!(error instanceof SluiceError)) throw error;
      // Nothing half-made stays, also what was made after its maker had given up waiting.
      await sweep(instance.id).catch((cause: unknown) => logger.warn({ err: cause }, "a container is left for later"));
      const obstacle = isConflict(error) ? await nameTaken(name, error) : obstacleOf(error);
      return { ...obstacle, reason: hint === null ? obstacle.reason : `${obstacle.reason} (${hint})` };
    }
  }

  async function networkFor(target: Target | undefined): Promise<NetworkUse> {
    const network = target?.type === "docker" ? target.network : undefined;
    const port = network === "host" ? await ports.reserve() : 0;
    return networkUse(network, reach, await daemon.publishedAt(), port);
  }

  /** The daemon's words name the id of whoever has the name; people know containers by what they are of. */
  async function nameTaken(name: string, error: SluiceError): Promise<Obstacle> {
    const other = await daemon
      .find(`looking at container ${name}`, (docker, with_) => docker.getContainer(name).inspect(with_))
      .catch(() => null);
    const by =
      other === null ? "" : `; it is a container of image ${other.Config.Image} that Sluice does not manage here`;
    return { ok: false, fault: "lasting", reason: `${error.message}${by}` };
  }

  async function sweep(instance: string): Promise<void> {
    for (const { Id } of await list([`${LABELS.instance}=${instance}`])) await removeContainer(daemon, Id);
  }

  const list = (labels: string[]) =>
    daemon.call("listing containers", (docker, with_) =>
      docker.listContainers({ all: true, filters: { label: [`${LABELS.owner}=${owner}`, ...labels] }, ...with_ }),
    );

  return {
    async prepare(order) {
      const network = await networkObstacle(daemon, order.workload);
      if (network !== null) return network;
      const image = await images.ensure(order);
      return image.ok ? null : image;
    },

    async launch(order) {
      const image = await images.ensure(order);
      if (!image.ok) return image;
      return launch(order, image.pin, foreignPlatform(image.platform, await daemon.platform()));
    },

    async adopt(order) {
      const { instance, body } = order;
      if (!("container" in body)) return null;
      const { container } = body;
      const found = await daemon.find(`looking at container ${container}`, (docker, with_) =>
        docker.getContainer(container).inspect(with_),
      );
      if (found === null || found.Config.Labels[LABELS.owner] !== owner) return null;
      const { host, port, life } = instance;
      const target = order.workload.placement?.target;
      const held = port !== null && target?.type === "docker" && target.network === "host" ? port : null;
      if (held !== null) ports.claim(held);
      const at = port === null ? null : { host, port };
      const look = lookAt(order, container, at, life.kind === "running" ? life.startedAt : clock());
      const run = watch(order, container, look, () => held !== null && ports.release(held), null);
      await run.refresh();
      return run;
    },

    sweep,

    refresh(container) {
      const one = container === undefined ? undefined : runs.get(container);
      const looked = container === undefined ? [...runs.values()] : one === undefined ? [] : [one];
      // A daemon that is away says so to whoever listens to it; it is asked again when it is back.
      for (const run of looked) void run.refresh().catch(() => undefined);
    },

    all: async () => (await list([])).map(({ Id }) => Id),

    async removeStrays(known) {
      for (const container of known.filter((id) => !runs.has(id))) {
        logger.warn({ container }, "a container of ours that nobody knows is removed");
        await removeContainer(daemon, container);
      }
    },

    leave: async () => void (await Promise.all([...runs.values()].map((run) => run.leave()))),
  };
}

/** What may explain why an image does not run; with an emulator it does, so it is not refused for it. */
const foreignPlatform = (image: string, machine: string): string | null =>
  image === machine ? null : `its image is for ${image}, and the daemon runs on ${machine}`;

/** What a program that listens inside its container alone looks like, in words that help. */
const fromOutside = (result: ProbeResult): ProbeResult =>
  !result.ok && result.reason.startsWith("nothing listens on")
    ? { ok: false, reason: `${result.reason}, on 0.0.0.0: in its container 127.0.0.1 is nobody else's` }
    : result;
