import type { Answer } from "@sluice/client";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useTell } from "../ui/toast.tsx";
import { WriteSecret } from "./write-secret.tsx";

type Secret = Answer<"listSecrets", 200>["items"][number];

const secretsQuery = (project: string) =>
  queryOptions({
    queryKey: ["secrets", project],
    queryFn: ({ signal }) => ok(sluice.http.GET("/v1/secrets", { params: { query: { project, limit: 200 } }, signal })),
  });

/** Names alone: a value is written, and never read again. */
export default function Secrets() {
  const project = useProject();
  const secrets = useQuery(secretsQuery(project));
  const queries = useQueryClient();
  const mayWrite = useRefusal("secret.write") === null;
  const [written, write] = useState<string | null>(null);
  return (
    <Card
      title="Secrets"
      aside={
        mayWrite && (
          <Button size="small" onClick={() => write("")}>
            New secret
          </Button>
        )
      }
    >
      <Answered query={secrets} rows={4}>
        {({ items, nextCursor }) =>
          items.length === 0 ? (
            <Empty title="No secret yet">
              <p>Programs get one as a variable, when the deployment's configuration binds it.</p>
            </Empty>
          ) : (
            <>
              <Table label="Secrets" head={["Name", "Value", "Written", ...(mayWrite ? [{ hidden: "Actions" }] : [])]}>
                {items.map((secret) => (
                  <tr key={secret.name}>
                    <Cell heading className="min-w-36 font-mono wrap-anywhere">
                      {secret.name}
                    </Cell>
                    <Cell className="whitespace-nowrap">nr. {secret.version}</Cell>
                    <Cell className="min-w-36 wrap-anywhere">
                      <Time at={secret.updatedAt} />{" "}
                      <span className="text-muted">
                        by <bdi>{secret.updatedBy}</bdi>
                      </span>
                    </Cell>
                    {mayWrite && (
                      <Cell>
                        <div className="flex justify-end gap-2">
                          <Button size="small" aria-label={`Rotate ${secret.name}`} onClick={() => write(secret.name)}>
                            Rotate
                          </Button>
                          <Remove secret={secret} />
                        </div>
                      </Cell>
                    )}
                  </tr>
                ))}
              </Table>
              {nextCursor !== null && (
                <p className="border-t border-line px-4 py-2 text-muted">These are the first {items.length}.</p>
              )}
            </>
          )
        }
      </Answered>
      {written !== null && (
        <WriteSecret
          name={written}
          known={secrets.data?.items.map(({ name }) => name) ?? []}
          onClose={() => write(null)}
          onWritten={() => void queries.invalidateQueries({ queryKey: ["secrets", project] })}
        />
      )}
    </Card>
  );
}

function Remove({ secret: { name } }: { secret: Secret }) {
  const project = useProject();
  const queries = useQueryClient();
  const tell = useTell();
  const [isAsked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => ok(sluice.http.DELETE("/v1/secrets/{name}", { params: { path: { name }, query: { project } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["secrets", project] }),
    onError: (error) => tell({ tone: "bad", title: `${name} is not deleted`, detail: error.message }),
  });
  return (
    <>
      <Button
        size="small"
        tone="danger"
        aria-label={`Delete ${name}`}
        busy={remove.isPending}
        onClick={() => setAsked(true)}
      >
        Delete
      </Button>
      {isAsked && (
        <Confirm
          title={`Delete ${name}?`}
          description="All of its values are gone for good. One that a revision names is not deleted."
          yes="Delete"
          onClose={() => setAsked(false)}
          onYes={() => remove.mutate()}
        />
      )}
    </>
  );
}
