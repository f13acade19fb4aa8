import type { Rollout } from "@sluice/client";
import { titleOf } from "@sluice/core";
import type { Change } from "@sluice/manifest";
import { inspect } from "@sluice/manifest";
import type { Command } from "commander";
import { addCommand, type Cli, option, type WaitFlags, waitOptions } from "../command.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { announce, followRollout } from "../follow.ts";
import { inOrder, parseManifest } from "../manifest/parse.ts";
import { readSource } from "../manifest/read.ts";
import type { Session } from "../session.ts";
import { renderChanges } from "../views/change.ts";

interface Flags extends WaitFlags {
  file: string[];
  dryRun?: boolean;
}

interface Outcome {
  resource: string;
  action: Change["action"];
  differences: Change["differences"];
  rollout: Rollout | null;
}

export function addApplyCommands(cli: Cli, program: Command): void {
  addCommand<Flags>(cli, program, {
    syntax: "apply",
    description:
      "Make the server be as a manifest says: Environment, Artifact, Version, Gate and Deployment documents.",
    examples: [
      "sluice apply -f sluice.yaml",
      "sluice apply -f sluice.yaml --dry-run",
      "sluice apply -f base.yaml -f production.yaml --wait --timeout 30m",
      "cat sluice.yaml | sluice apply -f -",
    ],
    options: [
      option("-f, --file <path...>", "manifest; - for standard input; may be repeated").makeOptionMandatory(),
      option("--dry-run", "print what would be done, and do nothing"),
      ...waitOptions(),
    ],
    run: apply,
  });
}

/** Stops at the first failure: what comes later may need what failed. */
async function apply(session: Session, flags: Flags): Promise<ExitCode> {
  const manifests = await Promise.all(
    flags.file.map(async (file) => parseManifest(await readSource(file, session.io), file)),
  );
  const outcomes: Outcome[] = [];
  let exitCode: ExitCode = EXIT.ok;
  for (const resource of inOrder(manifests.flat())) {
    const change = await inspect(session, resource);
    const rollout = flags.dryRun === true ? null : await change.apply();
    const outcome = { resource: titleOf(resource), action: change.action, differences: change.differences, rollout };
    outcomes.push(outcome);
    if (session.output === "table") session.io.stdout.write(`${renderOutcome(session, outcome, flags)}\n`);
    if (rollout !== null && flags.wait === true) {
      exitCode = await followRollout({ ...session, print: () => undefined }, flags, rollout.id);
      if (exitCode !== EXIT.ok) break;
    }
  }
  if (session.output !== "table") session.print({ items: outcomes }, () => "");
  return exitCode;
}

const DONE: Readonly<Record<Change["action"], string>> = {
  create: "created",
  update: "updated",
  unchanged: "unchanged",
};

const PLANNED: Readonly<Record<Change["action"], string>> = {
  create: "would be created",
  update: "would be updated",
  unchanged: "unchanged",
};

function renderOutcome({ colors }: Session, { resource, action, differences, rollout }: Outcome, flags: Flags): string {
  const line = `${resource} ${(flags.dryRun === true ? PLANNED : DONE)[action]}`;
  const painted = action === "unchanged" ? colors.dim(line) : colors.green(line);
  const details = differences.length === 0 ? [] : indent(renderChanges(differences, colors));
  return [painted, ...details, ...(rollout === null ? [] : [`  ${announce(rollout)}`])].join("\n");
}

const indent = (text: string): string[] => text.split("\n").map((line) => `  ${line}`);
