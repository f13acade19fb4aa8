import type { Command } from "commander";
import { addCommand, addGroup, type Cli } from "../command.ts";
import { type CompareFlags, compare, compareOptions } from "../judge/compare.ts";
import { type StreamFlags, stream, streamOptions } from "../judge/stream.ts";

export function addJudgeCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "judge", "The analysis of rollouts, for figures of your own. Needs no server.");
  addCommand<CompareFlags>(cli, group, {
    syntax: "compare",
    description:
      "Compare two series once: is the candidate's larger or smaller, by how much, how sure is that? " +
      "Worse is exit code 11, no verdict 12.",
    examples: [
      "sluice judge compare --control stable.json --candidate canary.json",
      "sluice judge compare --control stable.csv --candidate canary.csv --metric latency --direction increase",
      "sluice judge compare --control stable.json --candidate canary.json --mode kayenta --weight latency=70",
    ],
    options: compareOptions(),
    run: compare,
  });
  addCommand<StreamFlags>(cli, group, {
    syntax: "stream <events>",
    description:
      "Judge events as they come, one JSON object a line (- for standard input): arm, ok, latencyMs, score, weight, stratum. " +
      "Worse is exit code 11, a split that is not the nominal one 12.",
    examples: [
      "sluice judge stream events.ndjson",
      "sluice judge stream events.ndjson --weight 10 --alpha 0.01 --every 100",
      "tail -n +1 -f events.ndjson | sluice judge stream - --stop",
    ],
    options: streamOptions(),
    run: stream,
  });
}
