import { ok } from "@sluice/client";
import { type Command, Option } from "commander";
import { addCommand, type Cli } from "../command.ts";
import { renderInsights } from "../views/insight.ts";

const DAYS = ["7", "30", "90"] as const;

interface InsightFlags {
  days: (typeof DAYS)[number];
}

export function addInsightCommand(cli: Cli, program: Command): void {
  addCommand<InsightFlags>(cli, program, {
    syntax: "insights",
    description:
      "Tell how rollouts went: outcomes by day, and DORA's four measures of production (deployment frequency, lead time, change " +
      "failure rate, time to restore). Days are those of this machine's time zone.",
    examples: ["sluice insights", "sluice insights --days 90", "sluice insights -o json"],
    options: [new Option("--days <days>", "how far back, today included").choices(DAYS).default("30")],
    run: async ({ client, scope, print }, { days }) => {
      const { timeZone: timezone } = new Intl.DateTimeFormat().resolvedOptions();
      const insights = await ok(client.http.GET("/v1/insights", { params: { query: { ...scope, days, timezone } } }));
      print(insights, () => renderInsights(insights));
      return undefined;
    },
  });
}
