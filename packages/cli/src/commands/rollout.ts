import { ok } from "@sluice/client";
import { PHASES, type Phase } from "@sluice/core";
import { type Command, Option } from "commander";
import { addCommand, addGroup, type Cli, durationOption, option, required, type WaitFlags } from "../command.ts";
import { followRollout } from "../follow.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { type DeploymentFlags, resolveRollout } from "../resolve.ts";
import { rolloutColumns } from "../views/rollout.ts";
import { renderRollout } from "../watch/render.ts";
import { environmentOption } from "./deploy.options.ts";
import { addRolloutActions } from "./rollout.actions.ts";

interface Filter extends ListFlags {
  deployment?: string;
  environment?: string;
  phase?: Phase;
}

export function addRolloutCommands(cli: Cli, program: Command): void {
  const group = addGroup(
    program,
    "rollout",
    "Moving a deployment from one revision to another. <rollout> is an id, or a deployment for its present one.",
  );
  addCommand<Filter>(cli, group, {
    syntax: "list",
    description: "List rollouts, newest first.",
    examples: ["sluice rollout list", "sluice rollout list --deployment greeter --phase awaiting_approval"],
    options: [
      option("--deployment <deployment>", "only of this deployment"),
      option("-e, --environment <name>", "only in this environment"),
      new Option("--phase <phase>", "only in this phase").choices(PHASES),
      limitOption(),
    ],
    run: (session, { deployment, environment, phase, ...flags }) => {
      const filter = {
        ...(deployment && { deployment }),
        ...(environment && { environment }),
        ...(phase && { phase }),
      };
      return printList(session, flags, rolloutColumns(session.io.now()), (query) =>
        ok(session.client.http.GET("/v1/rollouts", { params: { query: { ...query, ...filter } } })),
      );
    },
  });
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "get <rollout>",
    description: "Show where a rollout stands and why: checks, gates, tests, analysis, and what may be done now.",
    examples: ["sluice rollout get greeter", "sluice rollout get rol_0198… -o json"],
    options: [environmentOption()],
    run: async (session, flags, reference) => {
      const id = await resolveRollout(session, flags, required(reference));
      const rollout = await ok(session.client.http.GET("/v1/rollouts/{id}", { params: { path: { id } } }));
      session.print(rollout, () =>
        renderRollout(
          { rollout, deployment: null, metrics: null, events: [] },
          { width: session.io.stdout.columns, now: session.io.now(), colors: session.colors, detailed: true },
        ),
      );
      return undefined;
    },
  });
  addCommand<DeploymentFlags & WaitFlags>(cli, group, {
    syntax: "watch <rollout>",
    description: "Watch a rollout until it ends: a live picture on a terminal, one line for each event elsewhere.",
    examples: ["sluice rollout watch greeter", "sluice rollout watch rol_0198… --timeout 30m | tee rollout.log"],
    options: [environmentOption(), durationOption("--timeout <duration>", "give up after this long (exit code 10)")],
    run: async (session, flags, reference) =>
      followRollout(session, flags, await resolveRollout(session, flags, required(reference))),
  });
  addRolloutActions(cli, group);
}
