import type { Answer } from "@sluice/client";
import { queryOptions } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";

export type Template = Answer<"listTemplates", 200>["items"][number];

/** The catalogue is a part of the server: it changes with it, and not before. */
export const templatesQuery = queryOptions({
  queryKey: ["templates"],
  queryFn: ({ signal }) => ok(sluice.http.GET("/v1/templates", { signal })),
  staleTime: 300_000,
});

/** The collector's configuration that a template becomes with these parameters, as JSON in an address. */
export const renderedQuery = (name: string, parameters: string) =>
  queryOptions({
    queryKey: ["rendered-template", name, parameters],
    queryFn: ({ signal }) =>
      ok(sluice.http.GET("/v1/templates/{name}/render", { params: { path: { name }, query: { parameters } }, signal })),
    staleTime: 60_000,
  });
