import { type Answer, UnreachableError } from "@sluice/client";
import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, type FormEvent, type ReactNode, useContext, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { sessionQuery } from "../api/queries.ts";
import { Button } from "../ui/button.tsx";
import { TextField } from "../ui/field.tsx";
import { Answered } from "../ui/states.tsx";
import { useTell } from "../ui/toast.tsx";

/** How often a server that does not answer is asked who looks at the page. Milliseconds. */
const LOOK_MS = 2_000;

export type Session = Answer<"getSession", 200>;
export type Principal = NonNullable<Session["principal"]>;

const Who = createContext<Principal | null>(null);

/** Who looks at the page. */
export function usePrincipal(): Principal {
  const principal = useContext(Who);
  if (principal === null) throw new Error("nobody is signed in here");
  return principal;
}

/** Why this person may not do something; null: they may. */
export function useRefusal(action: string): string | null {
  const { actions, role } = usePrincipal();
  return actions.includes(action) ? null : `Your role, ${role}, may not do this`;
}

/** Shows what it surrounds to whoever is signed in, and asks everybody else for a token. */
export function SessionGate({ children }: { children: ReactNode }) {
  // Before anybody is known, nothing tells that a server that was away is back.
  const session = useQuery({
    ...sessionQuery,
    refetchInterval: ({ state: { data, error } }) =>
      data === undefined && error instanceof UnreachableError ? LOOK_MS : false,
  });
  return (
    <Answered query={session}>
      {({ principal }) => (principal === null ? <SignIn /> : <Who value={principal}>{children}</Who>)}
    </Answered>
  );
}

function SignIn() {
  const queries = useQueryClient();
  const [token, setToken] = useState("");
  const signIn = useMutation({
    mutationFn: () => ok(sluice.http.POST("/v1/session", { body: { token: token.trim() } })),
    onSuccess: async (session) => {
      // One that is under way knows nobody yet.
      await queries.cancelQueries(sessionQuery);
      forgetWhatWasSeen(queries);
      queries.setQueryData(sessionQuery.queryKey, session);
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (token.trim() !== "") signIn.mutate();
  };
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <form onSubmit={submit} className="w-full max-w-sm space-y-4 rounded-xl border border-line bg-surface p-6">
        <img src="/sluice.svg" alt="" className="size-10" />
        <h1 className="text-lg font-semibold">Sign in to Sluice</h1>
        <TextField
          label="Token"
          type="password"
          autoComplete="current-password"
          autoFocus
          value={token}
          onChange={(event) => setToken(event.target.value)}
          problem={signIn.error?.message}
          help={
            <>
              The first one is in the file <code>admin-token</code> of the data folder; more are made by{" "}
              <code>sluice token create</code>.
            </>
          }
        />
        <Button type="submit" tone="primary" busy={signIn.isPending} className="w-full">
          Sign in
        </Button>
      </form>
    </main>
  );
}

/** What somebody saw is nothing for whoever comes next. */
const forgetWhatWasSeen = (queries: QueryClient): void =>
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });

/** Ends the session of this browser. */
export function useSignOut(): () => void {
  const queries = useQueryClient();
  const tell = useTell();
  const { mutate } = useMutation({
    mutationFn: () => ok(sluice.http.DELETE("/v1/session")),
    onSuccess: async () => {
      await queries.resetQueries(sessionQuery);
      forgetWhatWasSeen(queries);
    },
    onError: (error) => tell({ tone: "bad", title: "You are still signed in", detail: error.message }),
  });
  return mutate;
}
