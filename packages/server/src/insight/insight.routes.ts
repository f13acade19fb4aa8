import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import { insightsQuery, insightsSchema, overviewQuery, overviewSchema } from "./insight.schema.ts";

export function insightRoutes(app: App, { insights }: Services): void {
  const tags = ["Insights"];

  app.get(
    "/v1/overview",
    {
      schema: {
        operationId: "getOverview",
        summary: "Say what version is where, and what is moving",
        description: "Environments and artifacts of a project, and every deployment between them, in one answer.",
        tags,
        querystring: overviewQuery,
        response: { 200: overviewSchema },
      },
    },
    ({ principal, query }) => insights.overview(principal, query.project),
  );

  app.get(
    "/v1/insights",
    {
      schema: {
        operationId: "getInsights",
        summary: "Count rollouts by day and outcome, with DORA's four measures",
        description:
          "Deployment frequency, lead time, change failure rate and time to restore, of environments of tier production. " +
          "Each says what it measures, and is null where nothing counts.",
        tags,
        querystring: insightsQuery,
        response: { 200: insightsSchema },
      },
    },
    ({ principal, query }) => insights.insights(principal, { ...query, days: Number(query.days) }),
  );
}
