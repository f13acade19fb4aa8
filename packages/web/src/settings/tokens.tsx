import type { Token } from "@sluice/client";
import { infiniteQueryOptions, useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { sessionQuery } from "../api/queries.ts";
import { useProject } from "../app/project.tsx";
import { usePrincipal, useRefusal } from "../app/session.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Earlier } from "../ui/earlier.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useTell } from "../ui/toast.tsx";
import { useNow } from "../ui/use-now.ts";
import { NewToken } from "./new-token.tsx";
import { ShownOnce } from "./shown-once.tsx";
import { stateOf } from "./token.ts";

const tokensQuery = (project: string) =>
  infiniteQueryOptions({
    queryKey: ["tokens", project],
    queryFn: ({ pageParam, signal }) =>
      ok(
        sluice.http.GET("/v1/tokens", {
          params: { query: { project, limit: 100, ...(pageParam !== null && { cursor: pageParam }) } },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** Who may talk to the server, and as what. */
export default function Tokens() {
  const project = useProject();
  const tokens = useInfiniteQuery(tokensQuery(project));
  const mayWrite = useRefusal("token.write") === null;
  const [isNew, setNew] = useState(false);
  const [secret, setSecret] = useState<{ name: string; token: string } | null>(null);
  const queries = useQueryClient();
  return (
    <Card
      title="Tokens"
      aside={
        mayWrite && (
          <Button size="small" onClick={() => setNew(true)}>
            New token
          </Button>
        )
      }
    >
      <Answered query={tokens} rows={6}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items);
          if (items.length === 0) return <Empty title="No token yet" />;
          return (
            <>
              <Table
                label="Tokens"
                head={[
                  "Name",
                  "Role",
                  "Reach",
                  "State",
                  "Last used",
                  "Made",
                  ...(mayWrite ? [{ hidden: "Actions" }] : []),
                ]}
              >
                {items.map((token) => (
                  <Row key={token.id} token={token} mayWrite={mayWrite} />
                ))}
              </Table>
              <Earlier query={tokens} />
            </>
          );
        }}
      </Answered>
      {isNew && (
        <NewToken
          onClose={() => setNew(false)}
          onMade={(made) => {
            setNew(false);
            setSecret(made);
            void queries.invalidateQueries({ queryKey: ["tokens", project] });
          }}
        />
      )}
      {secret !== null && (
        <ShownOnce
          title={`The token ${secret.name}`}
          description="Whoever has it may do what its role may."
          secret={secret.token}
          onClose={() => setSecret(null)}
        />
      )}
    </Card>
  );
}

function Row({ token, mayWrite }: { token: Token; mayWrite: boolean }) {
  const state = stateOf(token, useNow());
  return (
    <tr className={state === "in use" ? "" : "text-muted"}>
      <Cell heading className="min-w-44 wrap-anywhere">
        <bdi>{token.name}</bdi>
        <span className="block font-mono text-xs font-normal text-muted">{token.id}</span>
      </Cell>
      <Cell>{token.role}</Cell>
      <Cell>
        {token.project === null ? (
          "every project"
        ) : token.environment === null ? (
          "the project"
        ) : (
          <bdi>{token.environment}</bdi>
        )}
      </Cell>
      <Cell className="whitespace-nowrap">
        <Badge tone={state === "in use" ? "good" : "plain"}>{state}</Badge>
        {state === "in use" && token.expiresAt !== null && (
          <span className="block text-xs text-muted">
            ends <Time at={token.expiresAt} />
          </span>
        )}
      </Cell>
      <Cell>{token.lastUsedAt === null ? "never" : <Time at={token.lastUsedAt} />}</Cell>
      <Cell className="min-w-28 wrap-anywhere">
        <Time at={token.createdAt} />
        <span className="block text-xs text-muted">
          by <bdi>{token.createdBy}</bdi>
        </span>
      </Cell>
      {mayWrite && <Cell className="text-right">{state === "in use" && <Revoke token={token} />}</Cell>}
    </tr>
  );
}

function Revoke({ token: { id, name } }: { token: Token }) {
  const project = useProject();
  const principal = usePrincipal();
  const queries = useQueryClient();
  const tell = useTell();
  const [isAsked, setAsked] = useState(false);
  const revoke = useMutation({
    mutationFn: () => ok(sluice.http.DELETE("/v1/tokens/{id}", { params: { path: { id } } })),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["tokens", project] });
      // It may have been the one of this very session.
      void queries.invalidateQueries(sessionQuery);
    },
    onError: (error) => tell({ tone: "bad", title: `${name} is not revoked`, detail: error.message }),
  });
  const mine = name === principal.name ? " It has your name: if you are signed in with it, you are signed out." : "";
  return (
    <>
      <Button
        size="small"
        tone="danger"
        busy={revoke.isPending}
        aria-label={`Revoke ${name}`}
        onClick={() => setAsked(true)}
      >
        Revoke
      </Button>
      {isAsked && (
        <Confirm
          title={`Revoke ${name}?`}
          description={`Whoever uses it is refused from the next request on, and it cannot be brought back.${mine}`}
          yes="Revoke"
          onClose={() => setAsked(false)}
          onYes={() => revoke.mutate()}
        />
      )}
    </>
  );
}
