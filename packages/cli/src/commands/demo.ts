import { type Answer, ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli } from "../command.ts";
import { renderTable } from "../output/table.ts";
import type { Session } from "../session.ts";

type Demo = Answer<"getDemo", 200>;

/** The demo of a project: a small program of the server's own, in an environment of its own. */
export function addDemoCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "demo", "A demo on real programs: a good rollout, and one that is turned back.");
  addCommand(cli, group, {
    syntax: "start",
    description:
      "Begin the demo: a small program with callers of its own, a good version that goes out to them step by step, and a bad " +
      "one that is turned back. It takes about two minutes. Where there is one already, it is shown.",
    examples: ["sluice demo start", "sluice rollout watch $(sluice demo start -o json | jq -r .demo.rollout)"],
    run: async (session) => {
      const { client, scope, note } = session;
      const answer = await ok(client.http.POST("/v1/demo", { params: { query: scope } }));
      session.print(answer, () => renderDemo(answer));
      noteWhereToLook(session, answer);
      note("Take it away with: sluice demo stop");
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "status",
    description: "Say whether the project has a demo, how its rollouts stand, or why it can have none.",
    examples: ["sluice demo status", "sluice demo status -o json"],
    run: async (session) => {
      const { client, scope, note, print } = session;
      const answer = await ok(client.http.GET("/v1/demo", { params: { query: scope } }));
      print(answer, () => renderDemo(answer));
      if (answer.demo === null && answer.refused === null) note("Begin it with: sluice demo start");
      noteWhereToLook(session, answer);
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "stop",
    description:
      "Take everything of the demo away: its callers at once, its program, versions and environment a moment later.",
    examples: ["sluice demo stop"],
    run: async ({ client, scope, note }) => {
      await ok(client.http.DELETE("/v1/demo", { params: { query: scope } }));
      note("the demo is taken away; sluice demo status says when it is gone");
      return undefined;
    },
  });
}

function renderDemo({ refused, demo }: Demo): string {
  if (demo === null) return refused === null ? "there is no demo" : `there is no demo, and none can begin: ${refused}`;
  if (demo.removing) return "the demo is being taken away";
  const rollouts = renderTable(demo.rollouts, [
    { title: "version", value: ({ version }) => version },
    { title: "phase", value: ({ phase }) => phase },
    { title: "rollout", value: ({ id }) => id },
  ]);
  return demo.callersUntil === null ? `${rollouts}\n\nnobody calls it now` : rollouts;
}

/** Where the one to look at is seen while it happens. */
function noteWhereToLook({ client, note }: Session, { demo }: Demo): void {
  if (demo === null || demo.removing || demo.rollout === null) return;
  note(
    `Watch it at ${new URL(`/rollouts/${demo.rollout}`, client.url).href} or with: sluice rollout watch ${demo.rollout}`,
  );
}
