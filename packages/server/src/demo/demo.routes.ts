import { nameSchema, PHASES, toIso } from "@sluice/core";
import { z } from "zod";
import { createOutageLog } from "../db/outage.log.ts";
import type { App } from "../http/app.types.ts";
import type { Services } from "../http/services.ts";
import type { Demo } from "./demo.service.ts";
import { GOOD } from "./demo.story.ts";

const demoSchema = z
  .object({
    refused: z.string().nullable().describe("Why no demo can be begun here; null: one can."),
    demo: z
      .object({
        deployment: z.string().nullable().describe("Null when it has gone already."),
        removing: z.boolean(),
        rollout: z.string().nullable().describe("The one to look at: of a good version, in several steps."),
        rollouts: z
          .array(z.object({ id: z.string(), version: z.string(), phase: z.enum(PHASES) }))
          .describe("Oldest first: the first delivery, a good version, and one that is turned back."),
        callersUntil: z.iso
          .datetime()
          .nullable()
          .describe("Until when its callers come at the latest; null while this server sends none."),
      })
      .nullable()
      .describe("Null: there is none."),
  })
  .meta({ id: "Demo", examples: [{ refused: null, demo: null }] });

function view({ refused, demo, callersUntil }: Demo): z.output<typeof demoSchema> {
  if (demo === null || demo.mark === null) return { refused, demo: null };
  const rollouts = demo.rollouts.map(({ id, version, phase }) => ({ id, version, phase }));
  return {
    refused,
    demo: {
      deployment: demo.deployment?.id ?? null,
      removing: demo.mark === "removing" || demo.deployment?.deleting === true,
      rollout: rollouts.find(({ version }) => version === GOOD)?.id ?? null,
      rollouts,
      callersUntil: callersUntil === null ? null : toIso(callersUntil),
    },
  };
}

const querystring = z.strictObject({
  project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }),
});

/** How often demos are looked after (ms). */
const TEND_EVERY = 1_000;

export function demoRoutes(app: App, { demos, demoKeeper }: Services): void {
  const tags = ["System"];

  app.get(
    "/v1/demo",
    {
      schema: {
        operationId: "getDemo",
        summary: "Say whether the project has a demo, or could have one",
        tags,
        querystring,
        response: { 200: demoSchema },
      },
    },
    async ({ principal, query }) => view(await demos.read(principal, query.project)),
  );

  app.post(
    "/v1/demo",
    {
      schema: {
        operationId: "beginDemo",
        summary: "Begin the demo: a real program, real callers, a good version and a bad one",
        description:
          "Publishes the greeter as `demo-greeter`, delivers 1.0.0 to an environment `demo` of its own, and has 1.1.0 and " +
          "1.2.0 follow as canaries: the first goes well, the second is turned back. This server sends the callers, for ten " +
          "minutes at most. A project has one demo: the same again answers the one that is there.",
        tags,
        querystring,
        response: { 202: demoSchema },
      },
    },
    async ({ principal, query }, reply) => reply.code(202).send(view(await demos.begin(principal, query.project))),
  );

  app.delete(
    "/v1/demo",
    {
      schema: {
        operationId: "removeDemo",
        summary: "Take everything of the demo away",
        description: "Callers leave at once; the program, its versions and the environment are gone a moment later.",
        tags,
        querystring,
        response: { 204: z.undefined().describe("It goes, or there is none") },
      },
    },
    async ({ principal, query }, reply) => {
      await demos.remove(principal, query.project);
      return reply.code(204).send();
    },
  );

  const outages = createOutageLog(app.log);
  let tending: Promise<void> | null = null;
  const timer = setInterval(() => {
    // A database that is slow is not asked for more.
    tending ??= demoKeeper
      .tend()
      .then(outages.worked, (error: unknown) => outages.failed(error, "the demo is not looked after"))
      .finally(() => {
        tending = null;
      });
  }, TEND_EVERY);
  timer.unref();
  app.addHook("onClose", async () => {
    clearInterval(timer);
    await tending;
    await demoKeeper.close();
  });
}
