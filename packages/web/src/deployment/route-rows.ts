import type { Deployment } from "@sluice/client";
import { milliseconds } from "../format/number.ts";

/** A route in words; nothing without one. */
export function routeRows(route: Deployment["route"]): [string, string][] {
  if (route === null) return [];
  const { host, path, headers = {}, cookies = {}, stripPrefix, stickiness, timeouts } = route;
  return [
    ["Host", host ?? "any"],
    ["Path", path],
    ...Object.entries(headers).map(([name, value]): [string, string] => ["Only with the header", `${name}: ${value}`]),
    ...Object.entries(cookies).map(([name, value]): [string, string] => ["Only with the cookie", `${name}=${value}`]),
    ["Instances see the path", stripPrefix ? "without this prefix" : "as callers send it"],
    [
      "Callers stay on a revision",
      stickiness.by === "none" ? "no" : `by ${[stickiness.by, stickiness.name ?? ""].join(" ").trim()}`,
    ],
    ["Waits for a connection", milliseconds(timeouts.connectMs)],
    ["Waits for an answer", milliseconds(timeouts.responseMs)],
    ["Waits while nothing moves", milliseconds(timeouts.idleMs)],
  ];
}
