import { statSync } from "node:fs";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How often the API server was asked, by verb and what of: `patch deployments`, `get /version`. */
export type Requests = Record<string, number>;

export interface RequestLog extends AsyncDisposable {
  /** For kube-apiserver. */
  readonly flags: string[];
  /** Begins to count; the answer tells how often anybody with this name, or a name that begins so, has asked since. */
  count(): (user: string) => Promise<Requests>;
}

interface Line {
  stage: "ResponseStarted" | "ResponseComplete" | "Panic";
  verb: string;
  user: { username: string };
  requestURI: string;
  objectRef?: { resource: string; subresource?: string };
}

/** Of the controllers each has a name of its own. */
export const CONTROLLERS = "system:serviceaccount:kube-system:";

/** Counts by the API server's own audit log, which misses nobody's requests, whoever sends them. */
export async function logRequests(users: readonly string[]): Promise<RequestLog> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-bench-audit-"));
  const [policy, log] = [join(folder, "policy.json"), join(folder, "audit.log")];
  await writeFile(log, "", { mode: 0o600 });
  await writeFile(
    policy,
    JSON.stringify({
      apiVersion: "audit.k8s.io/v1",
      kind: "Policy",
      omitStages: ["RequestReceived"],
      rules: [
        { level: "Metadata", users },
        { level: "Metadata", userGroups: ["system:serviceaccounts:kube-system"] },
        { level: "None" },
      ],
    }),
  );
  return {
    flags: [
      `--audit-policy-file=${policy}`,
      `--audit-log-path=${log}`,
      // Megabytes: one file, however long it gets.
      "--audit-log-maxsize=10000",
    ],
    count() {
      const from = statSync(log).size;
      return async (user) => {
        const found: Requests = {};
        for await (const line of linesFrom(log, from)) {
          // A watch is told of when it begins and when it ends.
          const isAnswered = line.stage === (line.verb === "watch" ? "ResponseStarted" : "ResponseComplete");
          if (!isAnswered || !line.user.username.startsWith(user)) continue;
          const what = `${line.verb} ${askedOf(line)}`;
          found[what] = (found[what] ?? 0) + 1;
        }
        return found;
      };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const askedOf = ({ objectRef, requestURI }: Line): string =>
  objectRef === undefined
    ? new URL(requestURI, "https://api").pathname
    : [objectRef.resource, objectRef.subresource].filter((part) => part !== undefined).join("/");

async function* linesFrom(path: string, start: number): AsyncGenerator<Line> {
  await using file = await open(path);
  for await (const line of file.readLines({ start })) if (line !== "") yield JSON.parse(line) as Line;
}

export const total = (requests: Requests): number => Object.values(requests).reduce((sum, count) => sum + count, 0);

/** What was asked by so many, the most frequent first; what hardly anybody asked is left out. */
export const spoken = (requests: Requests, by: number): string =>
  Object.entries(requests)
    .toSorted(([, left], [, right]) => right - left)
    .filter(([, count]) => count / by >= 0.05)
    .map(([what, count]) => `${what} ${(count / by).toFixed(1)}`)
    .join(", ");
