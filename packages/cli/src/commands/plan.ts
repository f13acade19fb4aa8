import { ok, type Plan } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, type Cli, option, required } from "../command.ts";
import { type ChangeFlags, changeOptions, updateBody } from "../deployment.body.ts";
import { EXIT } from "../exit.ts";
import { duration, percent } from "../output/quantity.ts";
import { renderFields, renderTable } from "../output/table.ts";
import type { DeploymentFlags } from "../resolve.ts";
import { renderValidations } from "../views/rollout.ts";
import { stepTitle } from "../views/step.ts";
import { environmentOption } from "./deploy.options.ts";

interface Flags extends ChangeFlags, DeploymentFlags {
  errorRate?: string;
  requestsPerSecond?: string;
}

export function addPlanCommand(cli: Cli, program: Command): void {
  addCommand<Flags>(cli, program, {
    syntax: "plan <deployment>",
    description: "Show what an update would do, without doing it. What would be refused is exit code 4.",
    examples: [
      "sluice plan greeter --version 1.1.0 --strategy canary",
      "sluice plan greeter --version 1.1.0 --strategy canary --error-rate 0.005 --requests-per-second 200",
    ],
    options: [
      option("--version <version>", "version to move to"),
      environmentOption(),
      ...changeOptions(),
      option("--error-rate <share>", "share of requests that fail today (0 to 1), to tell how soon harm is noticed"),
      option("--requests-per-second <number>", "requests a second today, for the same"),
    ],
    run: async (session, flags, deployment) => {
      const patch = await updateBody(session.io, flags);
      const baseline =
        flags.requestsPerSecond === undefined
          ? {}
          : {
              baseline: {
                errorRate: Number(flags.errorRate ?? 0),
                requestsPerSecond: Number(flags.requestsPerSecond),
              },
            };
      const body = {
        ...session.scope,
        deployment: required(deployment),
        ...(flags.environment !== undefined && { environment: flags.environment }),
        ...patch,
        ...baseline,
      };
      const plan = await ok(session.client.http.POST("/v1/rollouts/plan", { body }));
      session.print(plan, () => renderPlan(plan));
      return plan.blocked ? EXIT.refused : EXIT.ok;
    },
  });
}

/** A plan for people: where to, by which steps, what is checked, who has to agree, how long it takes. */
export function renderPlan(plan: Plan): string {
  if (!plan.changes) return `${plan.deployment} in ${plan.environment} is as wanted already`;
  const { approvals, conflict, requestsToNotice } = plan;
  const head = renderFields({
    deployment: `${plan.deployment} in ${plan.environment}`,
    version: plan.fromVersion === null ? plan.toVersion : `${plan.fromVersion} → ${plan.toVersion}`,
    strategy: plan.strategy?.type,
    approvals: approvals.required + approvals.steps === 0 ? "none needed" : approvalText(approvals),
    "frozen until": plan.frozenUntil,
    conflict: conflict === null ? null : `${conflict.rollout} is ${conflict.phase}: ${conflict.handling}`,
    takes: `at least ${duration(plan.shortestSeconds * 1_000)}, probably ${duration(plan.expectedSeconds * 1_000)}`,
  });
  const steps = plan.steps.map((step, index) => `  ${index + 1}. ${stepTitle(step)}`);
  return [
    head,
    ...(steps.length > 0 ? [`Steps\n${steps.join("\n")}`] : []),
    ...(plan.validations.length > 0 ? [renderValidations(plan.validations)] : []),
    ...(plan.gates.length > 0 ? [`Gates\n${plan.gates.map(gateLine).join("\n")}`] : []),
    ...(plan.tests.length > 0 ? [`Tests\n${plan.tests.map(({ name }) => `  ${name}`).join("\n")}`] : []),
    ...(requestsToNotice === null ? [] : [renderNotice(requestsToNotice)]),
    ...(plan.blocked ? ["This would be refused: a check failed."] : []),
  ].join("\n\n");
}

const gateLine = ({ gate, required: needed, conditions }: Plan["gates"][number]): string =>
  `  ${gate}${needed ? "" : " (advisory)"}: ${conditions.map(conditionText).join("; ")}`;

const SIGNS = { gte: "≥", lte: "≤", eq: "=", gt: ">", lt: "<" } as const;

const conditionText = ({ name, operator, threshold }: Plan["gates"][number]["conditions"][number]): string =>
  operator === null || threshold === null ? name : `${name} ${SIGNS[operator]} ${threshold}`;

const approvalText = ({ required: needed, steps, fourEyes, approvers, expirySeconds }: Plan["approvals"]): string =>
  [
    `${needed} before it starts`,
    ...(steps > 0 ? [`${steps} on the way`] : []),
    ...(fourEyes ? ["not by who asks"] : []),
    ...(approvers.length > 0 ? [`by ${approvers.join(", ")}`] : []),
    ...(expirySeconds === null ? [] : [`within ${duration(expirySeconds * 1_000)}`]),
  ].join(", ");

const renderNotice = (notices: NonNullable<Plan["requestsToNotice"]>): string =>
  renderTable(notices, [
    { title: "at weight", value: ({ weight }) => percent(weight) },
    { title: "requests until noticed", value: ({ requests }) => requests },
    { title: "9 of 10 times", value: ({ requests90 }) => requests90 },
    { title: "takes", value: ({ seconds }) => duration(seconds * 1_000) },
  ]);
