import type { Deployment } from "@sluice/client";
import { useRefusal } from "../app/session.tsx";
import { Card } from "../ui/card.tsx";
import { hasInstances } from "./commands.ts";
import { Pairs } from "./configuration.tsx";
import { routeRows } from "./route-rows.ts";
import { TryIt } from "./try-it.tsx";

/** Where it is reached, and a request to see that it is. */
export function Endpoints({ deployment }: { deployment: Deployment }) {
  const refusal = useRefusal("deployment.try");
  return (
    <div className="grid grid-cols-1 items-start gap-4 xl:grid-cols-2">
      <div className="min-w-0 space-y-4">
        <Pairs title="Addresses" rows={addressesOf(deployment)} />
        <Pairs title="Route" rows={routeRows(deployment.route)} none="It has no route: the gateway sends it nothing." />
      </div>
      {refusal === null && (
        <Card title="Try it">
          <TryIt deployment={deployment} />
        </Card>
      )}
    </div>
  );
}

function addressesOf(deployment: Deployment): [string, string][] {
  const { endpoints, members } = deployment;
  const { external, internal, monitoring, logs } = endpoints;
  return [
    ["For callers", external ?? "none"],
    ...(members ?? []).flatMap((member): [string, string][] =>
      member.endpoints.external === null ? [] : [[`For callers, at ${member.target}`, headed(member.endpoints)]],
    ),
    ...(hasInstances(deployment)
      ? ([
          ["One of its instances", internal ?? "none is ready"],
          ["Metrics", monitoring],
          ["Logs", logs],
        ] as [string, string][])
      : []),
  ];
}

/** Targets share an address, and are told apart by a header. */
const headed = ({ external, headers }: NonNullable<Deployment["members"]>[number]["endpoints"]): string =>
  [external, ...Object.entries(headers).map(([name, value]) => `with ${name}: ${value}`)].join("\n");
