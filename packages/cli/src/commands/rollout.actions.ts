import { type Command as Action, ok } from "@sluice/client";
import { COMMANDS } from "@sluice/core";
import { type Command, Option } from "commander";
import { addCommand, type Cli, option, required, type WaitFlags, waitOptions } from "../command.ts";
import { printRollout } from "../follow.ts";
import { type DeploymentFlags, resolveRollout } from "../resolve.ts";
import { environmentOption } from "./deploy.options.ts";

const DESCRIPTIONS: Readonly<Record<Action, string>> = {
  approve: "Approve a rollout that waits for it.",
  reject: "Refuse a rollout that waits for approval; it ends.",
  pause: "Hold a rollout where it is. Its clocks stand still.",
  resume: "Let a paused rollout go on.",
  promote: "Skip the rest of the wait or the steps: all traffic to the candidate.",
  rollback: "Bring all traffic back to stable. After completion: to the revision before.",
  cancel: "Give a rollout up; traffic returns to stable.",
  reevaluate: "Judge the gates again that a rollout waits for.",
  retry: "Run an ended rollout's revision again.",
};

const triggerOption = (): Option =>
  new Option("--trigger <trigger>", "why, where it is more than your wish").choices(["security_violation"]);

/** One command of the CLI for each command that a rollout takes. */
export function addRolloutActions(cli: Cli, group: Command): void {
  for (const action of COMMANDS) {
    addCommand<{ comment?: string; trigger?: "security_violation" } & DeploymentFlags & WaitFlags>(cli, group, {
      syntax: `${action} <rollout>`,
      description: DESCRIPTIONS[action],
      examples: [`sluice rollout ${action} greeter`, `sluice rollout ${action} rol_0198… --comment "as agreed" --wait`],
      options: [
        option("--comment <text>", "kept with the rollout and in the audit log"),
        ...(action === "rollback" ? [triggerOption()] : []),
        environmentOption(),
        ...waitOptions(),
      ],
      run: async (session, flags, reference) => {
        const id = await resolveRollout(session, flags, required(reference));
        const { comment, trigger } = flags;
        const body = { ...(comment !== undefined && { comment }), ...(trigger !== undefined && { trigger }) };
        const params = { path: { id, command: action } };
        const rollout = await ok(session.client.http.POST("/v1/rollouts/{id}/{command}", { params, body }));
        return printRollout(session, flags, rollout);
      },
    });
  }
}
