import type { Artifact } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { useProject } from "../app/project.tsx";
import { Badge } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { asked, waits, wanted } from "./gates.ts";
import { gatesQuery } from "./queries.ts";

/** What a version has to meet before it gets callers. */
export function Gates({ artifact }: { artifact: Artifact }) {
  const gates = useQuery(gatesQuery(useProject(), artifact.name));
  return (
    <Answered query={gates}>
      {({ items }) =>
        items.length === 0 ? (
          <Card>
            <Empty title="No gate is asked of it">
              <p>
                <code>sluice gate create</code> makes one; the page of a rollout shows what it saw.
              </p>
            </Empty>
          </Card>
        ) : (
          <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
            {items.map((gate) => (
              <Card
                key={gate.name}
                title={<bdi>{gate.name}</bdi>}
                aside={gate.required ? <Badge tone="warn">required</Badge> : <Badge>only reported</Badge>}
              >
                <ul className="divide-y divide-line">
                  {gate.conditions.map((condition, index) => (
                    <li key={condition.name ?? index} className="px-4 py-2 wrap-anywhere">
                      {condition.name !== undefined && <span className="block text-muted">{condition.name}</span>}
                      <span className="font-mono text-xs">{wanted(condition)}</span>
                      {condition.required === false && <span className="text-muted"> (only reported)</span>}
                    </li>
                  ))}
                </ul>
                <p className="border-t border-line px-4 py-2 text-muted">
                  {asked(gate)}; {waits(gate)}.
                </p>
              </Card>
            ))}
          </div>
        )
      }
    </Answered>
  );
}
