import { candidateIsReady } from "../capacity.ts";
import { migrated } from "../migrations.ts";
import type { Turn } from "../turn.ts";
import { uphold } from "./uphold.ts";

/** The data are migrated, then the candidate's instances come up at zero traffic. Left when all that the first step needs are ready. */
export function preparing(turn: Turn): void {
  if (!migrated(turn)) return;
  if (uphold(turn) && !turn.paused && candidateIsReady(turn.rollout, turn.facts)) turn.enter("testing");
}
