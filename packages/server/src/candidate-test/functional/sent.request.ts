import type { FunctionalTest } from "@sluice/core";

/** A request as it goes on the wire: a string body as it is, anything else as JSON with its content type. */
export function sentRequest({ method, path, headers, body }: FunctionalTest["request"]): {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string;
} {
  if (body === undefined) return { method, path, headers };
  if (typeof body === "string") return { method, path, headers, body };
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === "content-type");
  return {
    method,
    path,
    headers: typed ? headers : { ...headers, "content-type": "application/json" },
    body: JSON.stringify(body),
  };
}
