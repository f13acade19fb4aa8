import { type Answer, ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, integerOption, option, pairOption, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { numberOption } from "../number.option.ts";
import { age } from "../output/quantity.ts";
import type { Column } from "../output/table.ts";
import type { DeploymentFlags } from "../resolve.ts";
import { environmentOption } from "./deploy.options.ts";

type Feedback = Answer<"listFeedback", 200>["items"][number];

interface SendFlags extends DeploymentFlags {
  revision?: number;
  version?: string;
  key?: string;
  score?: Record<string, string>;
  error?: boolean;
  latency?: number;
  cost?: number;
  comment?: string;
  id?: string;
}

const columns = (now: number): Column<Feedback>[] => [
  { title: "revision", value: ({ revision }) => revision },
  { title: "version", value: ({ version }) => version },
  {
    title: "scores",
    value: ({ scores }) =>
      Object.entries(scores)
        .map(([name, score]) => `${name}=${score}`)
        .join(" "),
  },
  { title: "error", value: ({ error }) => (error === null ? "" : error ? "yes" : "no") },
  { title: "ms", value: ({ latencyMs }) => latencyMs ?? "" },
  { title: "cost", value: ({ cost }) => cost ?? "" },
  { title: "comment", value: ({ comment }) => comment ?? "" },
  { title: "age", value: ({ receivedAt }) => age(receivedAt, now) },
];

export function addFeedbackCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "feedback", "How the answers went that a prompt led to.");
  addCommand<SendFlags>(cli, group, {
    syntax: "send <deployment>",
    description: "Report one answer: which version gave it, and how it went.",
    examples: [
      "sluice feedback send greeting --revision 2 --score 0.9 --no-error --latency 840",
      "sluice feedback send greeting --key user-7 --error",
      "sluice feedback send greeting --version 1.1.0 --score quality=0.7 --score tone=0.4 --comment 'too stiff'",
    ],
    options: [
      environmentOption(),
      integerOption("--revision <number>", "which revision answered", 1, 2_147_483_647),
      option("--version <version>", "or its version, where that tells the revision"),
      option("--key <key>", "or the key that it was read with: the version that it gets now is meant"),
      scoreOption(),
      option("--error", "the answer failed"),
      option("--no-error", "the answer did not fail"),
      numberOption("--latency <ms>", "how long the answer took, in milliseconds", 0, 86_400_000),
      numberOption("--cost <amount>", "what the answer cost", 0, 1_000_000),
      option("--comment <text>", "for people"),
      option("--id <id>", "your own name for this report: the same one counts once"),
    ],
    run: async (session, flags, deployment) => {
      const { environment, score, latency, ...told } = flags;
      const body = {
        ...session.scope,
        deployment: required(deployment),
        ...(environment !== undefined && { environment }),
        ...fieldsOf(told),
        ...(score !== undefined && { scores: scoresOf(score) }),
        ...(latency !== undefined && { latencyMs: latency }),
      };
      const receipt = await ok(session.client.http.POST("/v1/feedback", { body }));
      session.print(receipt, () => (receipt.duplicates > 0 ? "it was counted before" : "counted"));
      return undefined;
    },
  });
  addCommand<ListFlags & DeploymentFlags & { revision?: number }>(cli, group, {
    syntax: "list <deployment>",
    description: "List what was reported in the last thirty days, newest first.",
    examples: ["sluice feedback list greeting", "sluice feedback list greeting --revision 2 --limit 20"],
    options: [
      environmentOption(),
      integerOption("--revision <number>", "of this revision alone", 1, 2_147_483_647),
      limitOption(),
    ],
    run: (session, { environment, revision, ...flags }, deployment) =>
      printList(session, flags, columns(session.io.now()), (query) =>
        ok(
          session.client.http.GET("/v1/feedback", {
            params: {
              query: {
                ...query,
                deployment: required(deployment),
                ...(environment !== undefined && { environment }),
                ...(revision !== undefined && { revision }),
              },
            },
          }),
        ),
      ),
  });
}

/** `0.9` is the quality; other scores have a name before them. */
const scoreOption = () =>
  pairOption("--score <[name=]score>", "from 0 to 1, of `quality` unless named; may be repeated").argParser(
    (text, previous: Record<string, string> | undefined) => {
      const border = text.indexOf("=");
      return border < 1
        ? { ...previous, quality: text }
        : { ...previous, [text.slice(0, border)]: text.slice(border + 1) };
    },
  );

function scoresOf(given: Record<string, string>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => {
      const score = text.trim() === "" ? Number.NaN : Number(text);
      if (score >= 0 && score <= 1) return [name, score];
      throw new CliError(EXIT.usage, `--score ${name} is ${JSON.stringify(text)}; expected a number from 0 to 1`);
    }),
  );
}

/** Without what was not given. */
const fieldsOf = ({ revision, version, key, error, cost, comment, id }: SendFlags) => ({
  ...(revision !== undefined && { revision }),
  ...(version !== undefined && { version }),
  ...(key !== undefined && { key }),
  ...(error !== undefined && { error }),
  ...(cost !== undefined && { cost }),
  ...(comment !== undefined && { comment }),
  ...(id !== undefined && { id }),
});
