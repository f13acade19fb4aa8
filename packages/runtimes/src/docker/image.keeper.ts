import { dirname } from "node:path";
import { SluiceError } from "@sluice/core";
import type { ImageInspectInfo } from "dockerode";
import type { LaunchOrder, Obstacle } from "../supervision/driver.ts";
import type { StoredWorkload } from "../supervision/workload.schema.ts";
import { obstacleOf } from "./daemon.error.ts";
import type { Daemon } from "./daemon.ts";
import { type ImagePin, imagePins } from "./image.pins.ts";
import type { ImagePuller } from "./image.puller.ts";
import { digestName } from "./image.reference.ts";

/** Sees to it that the image of a revision is there, and that it stays the same image. */
export interface ImageKeeper {
  /** The image that the revision runs, or why it is not there. */
  ensure(order: LaunchOrder): Promise<{ ok: true; pin: ImagePin; platform: string } | Obstacle>;
}

export function createImageKeeper(daemon: Daemon, puller: ImagePuller): ImageKeeper {
  const inspect = (image: string): Promise<ImageInspectInfo | null> =>
    daemon.find(`looking for image ${image}`, (docker) => docker.getImage(image).inspect());

  /** The first instance of a revision says what its image's name means. */
  async function choose(image: string, { workload, watcher }: LaunchOrder): Promise<ImageInspectInfo | Obstacle> {
    const policy = pullPolicyOf(workload);
    const here = policy === "always" ? null : await inspect(image);
    if (here !== null) return here;
    if (policy === "never")
      return lasting(`image ${image} is not at Docker ${daemon.address.name}, and the target's pull policy is never`);
    const obstacle = puller.pull(image, watcher.onEnd);
    if (obstacle !== null) return obstacle;
    return (await inspect(image)) ?? lasting(`image ${image} was pulled, and is not at Docker ${daemon.address.name}`);
  }

  /** Somebody may have removed it meanwhile: then the same is pulled again, or nothing. */
  async function fetchAgain(pin: ImagePin, { watcher, workload }: LaunchOrder): Promise<ImageInspectInfo | Obstacle> {
    const here = await inspect(pin.id);
    if (here !== null) return here;
    if (pullPolicyOf(workload) === "never" || pin.digest === pin.id)
      return lasting(
        `image ${pin.image} (${pin.id}), which this revision runs, was removed from Docker ${daemon.address.name}`,
      );
    return (
      puller.pull(pin.digest, watcher.onEnd) ??
      (await inspect(pin.digest)) ??
      lasting(`image ${pin.digest} was pulled, and is not there`)
    );
  }

  return {
    async ensure(order) {
      const { workload, instance, folder } = order;
      const { image } = workload;
      if (image === null) return lasting("it has no image, and Docker runs nothing else");
      const pins = imagePins(dirname(folder));
      try {
        const known = await pins.of(instance.revision);
        const found = known === null ? await choose(image, order) : await fetchAgain(known, order);
        if ("ok" in found) return found;
        const pin = { image, id: found.Id, digest: digestName(image, found.RepoDigests ?? []) ?? found.Id };
        if (known === null) await pins.keep(instance.revision, pin);
        return { ok: true, pin: known ?? pin, platform: `${found.Os}/${found.Architecture}` };
      } catch (error) {
        if (error instanceof SluiceError) return obstacleOf(error);
        throw error;
      }
    },
  };
}

function pullPolicyOf({ placement }: StoredWorkload): "always" | "missing" | "never" {
  return placement?.target.type === "docker" ? placement.target.pullPolicy : "missing";
}

const lasting = (reason: string): Obstacle => ({ ok: false, fault: "lasting", reason });
