import type { Answer, Deployment } from "@sluice/client";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { problemAt } from "../api/problems.ts";
import { milliseconds } from "../format/number.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Choice, TextArea, TextField } from "../ui/field.tsx";
import { Trouble } from "../ui/states.tsx";
import { headersIn } from "./try-headers.ts";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;
type Method = (typeof METHODS)[number];

const hasBody = (method: Method): boolean => method !== "GET" && method !== "HEAD";

/** One request through the gateway, as a caller would send it, and what came of it. */
export function TryIt({ deployment }: { deployment: Deployment }) {
  const members = deployment.members ?? [];
  const [at, setAt] = useState(members[0]?.id ?? deployment.id);
  const [method, setMethod] = useState<Method>("GET");
  const [path, setPath] = useState("/");
  const [headers, setHeaders] = useState("");
  const [body, setBody] = useState("");
  const send = useMutation({
    mutationFn: async () => {
      const asked = { method, path, headers: headersIn(headers), ...(hasBody(method) && body !== "" && { body }) };
      return ok(sluice.http.POST("/v1/deployments/{id}/try", { params: { path: { id: at } }, body: asked }));
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send.mutate();
  };
  if (deployment.route === null) {
    const why =
      deployment.kind === "prompt"
        ? "A prompt is read at its address for callers."
        : "It has no route, so nobody can ask it.";
    return <p className="px-4 py-3 text-muted">{why}</p>;
  }
  return (
    <>
      <form onSubmit={submit} className="space-y-3 p-4">
        {members.length > 0 && (
          <Choice label="At" value={at} onChange={(event) => setAt(event.target.value)}>
            {members.map(({ id, target }) => (
              <option key={id} value={id}>
                {target}
              </option>
            ))}
          </Choice>
        )}
        <div className="grid grid-cols-[7rem_minmax(0,1fr)] gap-3">
          <Choice
            label="Method"
            value={method}
            onChange={(event) => setMethod(METHODS.find((one) => one === event.target.value) ?? "GET")}
          >
            {METHODS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Choice>
          <TextField
            label="Path below its route, with the query"
            required
            value={path}
            onChange={(event) => setPath(event.target.value)}
            problem={problemAt(send.error, "path")}
          />
        </div>
        <TextArea
          label="Headers, a line each"
          placeholder="Accept: application/json"
          rows={2}
          className="font-mono"
          value={headers}
          onChange={(event) => setHeaders(event.target.value)}
          problem={problemAt(send.error, "headers")}
        />
        {hasBody(method) && (
          <TextArea
            label="Body"
            rows={4}
            value={body}
            onChange={(event) => setBody(event.target.value)}
            problem={problemAt(send.error, "body")}
          />
        )}
        <p className="text-xs text-muted">
          It is a real request: what it changes is changed, and it counts as a caller's.
        </p>
        <Button type="submit" tone="primary" busy={send.isPending}>
          Send
        </Button>
      </form>
      <div aria-live="polite" className="border-t border-line empty:hidden">
        {send.error !== null && <Trouble error={send.error} />}
        {send.data !== undefined && <Result tried={send.data} />}
      </div>
    </>
  );
}

function Result({ tried: { answer, silent, milliseconds: took } }: { tried: Answer<"tryDeployment", 200> }) {
  if (answer === null) {
    return (
      <p className="p-4 text-bad">
        No answer after {milliseconds(took)}: {silent}
      </p>
    );
  }
  const { status, headers, body, encoding, truncated, revision, instance } = answer;
  return (
    <div className="space-y-3 p-4">
      <p className="flex flex-wrap items-center gap-2">
        <Badge tone={status < 400 ? "good" : status < 500 ? "warn" : "bad"}>{status}</Badge>
        {revision === null ? "by the gateway itself" : `by revision ${revision}`}
        {instance !== null && (
          <>
            , instance <span className="font-mono">{instance}</span>
          </>
        )}{" "}
        in {milliseconds(took)}
      </p>
      <ul aria-label="Headers of the answer" className="font-mono text-xs text-muted">
        {headers.map(({ name, value }, index) => (
          <li key={index} className="wrap-anywhere">
            {name}: {value}
          </li>
        ))}
      </ul>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
        tabIndex={0}
        aria-label="Body of the answer"
        className="max-h-96 overflow-auto rounded-md bg-sunken p-3"
      >
        <pre className="font-mono text-xs wrap-anywhere whitespace-pre-wrap">{body === "" ? "(no body)" : body}</pre>
      </section>
      {encoding === "base64" && <p className="text-xs text-muted">It is no text, and is shown in base64.</p>}
      {truncated && <p className="text-xs text-warn">There was more, which was not read.</p>}
    </div>
  );
}
