import type { Answer, Deployment, Environment } from "@sluice/client";
import type { Tone } from "../ui/badge.tsx";

export type Target = Environment["targets"][number];
export type Outlook = Answer<"getTargetOutlook", 200>["items"][number];
export type Server = Answer<"listServers", 200>["items"][number];

export interface Health {
  tone: Tone;
  /** One word. */
  state: string;
  /** What is known of it, in the words of whoever was asked. */
  words: string;
}

/** What it is called where nobody gave it a name. */
export const nameOfTarget = ({ name, type }: Target): string => name ?? type;

/**
 * Whether something can be delivered to a target now, as far as the servers know. They ask the daemon and the cluster that
 * they are configured with; one that only the environment names is asked when something is delivered.
 */
export function healthOf(target: Target, outlooks: readonly Outlook[], servers: readonly Server[]): Health {
  switch (target.type) {
    case "none":
      return { tone: "plain", state: "no place", words: "Nothing is started: versions are published and read" };
    case "process": {
      const alive = servers.filter((server) => server.alive).length;
      return alive > 0
        ? { tone: "good", state: "ready", words: `Programs on ${alive === 1 ? "the server" : `${alive} servers`}` }
        : { tone: "bad", state: "faulty", words: "No server is alive" };
    }
    default: {
      const own = target.type === "docker" ? target.host : target.context;
      if (own !== undefined) return { tone: "plain", state: "asked when used", words: own };
      const outlook = outlooks.find(({ type }) => type === target.type);
      if (outlook === undefined)
        return { tone: "plain", state: "not known", words: "No server has said anything of it" };
      const tone = outlook.state === "ready" ? "good" : outlook.state === "faulty" ? "bad" : "warn";
      return { tone, state: outlook.state, words: outlook.message };
    }
  }
}

/** What is at each target: how many deployments, and how many of them somebody should look at. */
export function loadOf(
  target: Target,
  deployments: readonly Pick<Deployment, "members" | "target" | "partOf" | "status">[],
): { deployments: number; failed: number } {
  const name = nameOfTarget(target);
  const states = deployments.flatMap(({ members, target: at, status, partOf }) => {
    if (members !== null)
      return members.flatMap((member) =>
        member.target === name && member.status !== "waiting" ? [member.status] : [],
      );
    // A part of a delivery to several targets is counted with the whole.
    return partOf === null && (at === null || at === name) ? [status] : [];
  });
  return { deployments: states.length, failed: states.filter((state) => state === "failed").length };
}
