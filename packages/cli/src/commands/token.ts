import { ok, type Token } from "@sluice/client";
import { type Command, Option } from "commander";
import { addCommand, addGroup, type Cli, durationOption, option, required } from "../command.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { age } from "../output/quantity.ts";
import type { Column } from "../output/table.ts";

const ROLES = ["viewer", "deployer", "approver", "admin"] as const;

const columns = (now: number): Column<Token>[] => [
  { title: "id", value: ({ id }) => id },
  { title: "name", value: ({ name }) => name },
  { title: "role", value: ({ role }) => role },
  { title: "environment", value: ({ environment }) => environment ?? "(all)" },
  { title: "expires", value: ({ expiresAt }) => expiresAt },
  { title: "last used", value: ({ lastUsedAt }) => (lastUsedAt === null ? "never" : `${age(lastUsedAt, now)} ago`) },
  { title: "state", value: ({ revokedAt }) => (revokedAt === null ? "valid" : "revoked") },
];

export function addTokenCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "token", "API tokens: who may do what.");
  addCommand<{ role: (typeof ROLES)[number]; environment?: string; expires?: number }>(cli, group, {
    syntax: "create <name>",
    description: "Create a token. It is shown this once and never again.",
    examples: [
      "sluice token create ci --role deployer -e staging --expires 90d",
      "SLUICE_TOKEN=$(sluice token create ci --role deployer -o json | jq -r .token)",
    ],
    options: [
      new Option("--role <role>", "what it may do").choices(ROLES).makeOptionMandatory(),
      option("-e, --environment <name>", "only in this environment"),
      durationOption("--expires <duration>", "valid for this long (default: until it is revoked)"),
    ],
    run: async (session, { role, environment, expires }, name) => {
      const { client, io, scope } = session;
      const body = {
        ...scope,
        name: required(name),
        role,
        ...(environment !== undefined && { environment }),
        ...(expires !== undefined && { expiresAt: new Date(io.now() + expires).toISOString() }),
      };
      const token = await ok(client.http.POST("/v1/tokens", { body }));
      session.print(token, () => token.token);
      session.note("Keep it safe: it is not shown again.");
      return undefined;
    },
  });
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List tokens, without their secrets.",
    examples: ["sluice token list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, columns(session.io.now()), (query) =>
        ok(session.client.http.GET("/v1/tokens", { params: { query } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "revoke <id>",
    description: "Make a token invalid at once.",
    examples: ["sluice token revoke tok_0198…"],
    run: async ({ client, note }, _flags, id) => {
      const params = { path: { id: required(id) } };
      await ok(client.http.DELETE("/v1/tokens/{id}", { params }));
      note(`token ${id} revoked`);
      return undefined;
    },
  });
}
