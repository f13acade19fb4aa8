import type { Place } from "@sluice/core/pipeline";
import { openBoard, type Standing } from "./board.ts";
import { boardFile, readPlan } from "./settings.ts";

/** How an instance learns where it is, and whether another one measures its node meanwhile. */
export interface Stand {
  /** To be called often. */
  beat(ready: boolean): Promise<Standing>;
  leave(): void;
}

/** On a machine, where many instances agree by a board in the deployment's folder. */
export function openStand({ folder, ...member }: { folder: string; revision: number; instance: string }): Stand {
  const board = openBoard(boardFile(folder), { ...member, pid: process.pid });
  return {
    beat: async (ready) => board.beat(await readPlan(folder), ready),
    leave: () => board.leave(),
  };
}

/** In a cluster, where somebody else has decided where the pod is. */
export function standOfPod({ node, replica }: Place): Stand {
  const standing: Standing = { place: { node, replica }, relieved: false };
  return { beat: async () => standing, leave: () => undefined };
}
