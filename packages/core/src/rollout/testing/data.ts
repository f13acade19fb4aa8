import type { Migrations } from "../../migration/migration.schema.ts";
import {
  inForce,
  type MigrationDirection,
  type MigrationRun,
  type MigrationsFact,
  migrationsFact,
} from "../../migration/migration.ts";
import { type Instant, seconds } from "../../time.ts";
import { migrationDemand } from "../migrations.ts";
import type { Rollout } from "../rollout.ts";

const TAKES = seconds(2);

/** Whether what a version does to its data works, and can be taken back. */
export type DataMood = "none" | "works" | "fails" | "stays";

interface Running extends Omit<MigrationRun, "status" | "message" | "executionMs" | "at"> {
  ends: Instant;
}

/** The data of one deployment: migrations that take their time, fail, or cannot be taken back. */
export class SimulatedData {
  readonly runs: MigrationRun[] = [];
  private readonly moods = new Map<number, DataMood>();
  private running: Running | null = null;

  expect(revision: number, mood: DataMood): void {
    this.moods.set(revision, mood);
  }

  /** Somebody mends what fails. */
  mend(revision: number): void {
    if (this.moods.get(revision) === "fails") this.moods.set(revision, "works");
  }

  /** Begins the next that is to be done, unless one runs: that one is brought to its end first. */
  begin(rollout: Rollout, direction: MigrationDirection, facts: MigrationsFact, now: Instant): void {
    const { pending, applied, surplus } = facts;
    const [name] = direction === "up" ? pending : rollout.phase === "rolling_back" ? applied : surplus;
    if (this.running !== null || name === undefined) return;
    this.running = { rollout: rollout.id, name, direction, demand: migrationDemand(rollout), ends: now + TAKES };
  }

  tick(now: Instant): void {
    if (this.running === null || this.running.ends > now) return;
    const { ends: at, ...run } = this.running;
    const mood = this.moods.get(Number(run.name.slice(1, -1))) ?? "none";
    const fails = run.direction === "up" ? mood === "fails" && run.name.endsWith("b") : mood === "stays";
    this.runs.push({ ...run, status: fails ? "failed" : "succeeded", message: "", executionMs: TAKES, at });
    this.running = null;
  }

  factsOf(rollout: Rollout, deliveredBy: string | null): MigrationsFact {
    return migrationsFact({
      rollout: rollout.id,
      demand: migrationDemand(rollout),
      migrations: this.migrationsOf(rollout.toRevision),
      runs: this.runs,
      deliveredBy,
      underway: this.running?.rollout === rollout.id,
    });
  }

  /** Throws when a rollout that went back has left something behind that could have been taken back. */
  checkEnd({ id, phase, toRevision }: Rollout, serving: number | null): void {
    if (phase === "completed" || serving === toRevision || this.moods.get(toRevision) === "stays") return;
    const left = inForce(this.runs).filter((run) => run.rollout === id);
    if (left.length > 0)
      throw new Error(`${id} is ${phase} and left ${left.map(({ name }) => name).join(", ")} behind`);
  }

  private migrationsOf(revision: number): Migrations | undefined {
    if ((this.moods.get(revision) ?? "none") === "none") return undefined;
    const names = ["a", "b"].map((letter) => ({
      name: `m${revision}${letter}`,
      command: ["migrate"],
      timeoutSeconds: 1,
    }));
    return { up: names, down: names };
  }
}
