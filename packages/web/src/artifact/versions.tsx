import type { Artifact, Version } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { placesOf } from "../artifacts/filter.ts";
import { placesQuery } from "../artifacts/queries.ts";
import { Badge } from "../ui/badge.tsx";
import { Card } from "../ui/card.tsx";
import { Hint } from "../ui/hint.tsx";
import { Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { MOST } from "./queries.ts";
import { sourceText } from "./source.ts";

/** Digits that tell digests apart for people. */
const SHORT = 12;

interface Props {
  artifact: Artifact;
  versions: readonly Version[];
  /** Whether there are older ones than these. */
  more: boolean;
}

/** What there is of an artifact, the newest first, with where each of them serves now. */
export function Versions({ artifact, versions, more }: Props) {
  const refusal = useRefusal("deployment.write");
  const { data: deployments = [] } = useQuery(placesQuery(useProject(), artifact.name));
  const places = placesOf(deployments);
  if (versions.length === 0) {
    return (
      <Card>
        <Empty title="It has no version yet">
          <p>
            {artifact.kind === "model"
              ? "A version is READY with its files: upload them under Files."
              : "A version is what is deployed; once registered it never changes."}
          </p>
        </Empty>
      </Card>
    );
  }
  return (
    <Card>
      <Table
        label={`Versions of ${artifact.name}`}
        head={["Version", "Serves in", "Digest", "From", "Registered", { hidden: "What can be done" }]}
      >
        {versions.map(({ id, version, digest, source, createdAt, createdBy }, index) => {
          const serves = places.filter((place) => place.version === version);
          return (
            <tr key={id} className="hover:bg-sunken">
              <Cell heading className="font-mono whitespace-nowrap">
                {version} {index === 0 && <Badge tone="accent">latest</Badge>}
              </Cell>
              <Cell>
                <ul className="flex flex-wrap gap-x-2">
                  {serves.map(({ deployment, environment }) => (
                    <li key={deployment}>
                      <Link to="/deployments/$id" params={{ id: deployment }} className="text-accent underline">
                        {environment}
                      </Link>
                    </li>
                  ))}
                </ul>
              </Cell>
              <Cell className="text-muted">
                <Hint text={<span className="font-mono wrap-anywhere">{digest}</span>}>
                  <button type="button" className="font-mono">
                    {digest.replace("sha256:", "").slice(0, SHORT)}
                  </button>
                </Hint>
              </Cell>
              <Cell className="max-w-60 text-muted wrap-anywhere">{sourceText(source)}</Cell>
              <Cell className="text-muted">
                <Time at={createdAt} /> by <bdi>{createdBy}</bdi>
              </Cell>
              <Cell className="space-x-3 whitespace-nowrap">
                {versions.length > 1 && (
                  <Link
                    to="/artifacts/$name"
                    params={{ name: artifact.name }}
                    search={{ tab: "compare", version }}
                    aria-label={`Compare ${version}`}
                    className="text-accent underline"
                  >
                    Compare
                  </Link>
                )}
                {refusal === null && (
                  <Link
                    to="/deploy"
                    search={{ artifact: artifact.name, version }}
                    aria-label={`Deploy ${version}`}
                    className="text-accent underline"
                  >
                    Deploy
                  </Link>
                )}
              </Cell>
            </tr>
          );
        })}
      </Table>
      {more && (
        <p className="border-t border-line px-4 py-2 text-muted">
          These are the newest {MOST}; older ones are listed by <code>sluice version list</code>.
        </p>
      )}
    </Card>
  );
}
