import { type Target, targetSchema } from "@sluice/core";
import { expect, test } from "vitest";
import { isBound } from "./bound.ts";

const target = (given: object): Target => targetSchema.parse(given);
const PROCESS = target({ type: "process" });
const CLUSTER = target({ type: "kubernetes" });
const GATEWAY_API = target({ type: "kubernetes", traffic: { type: "gateway-api", gateway: { name: "public" } } });

test.each([
  ["a program on a machine", PROCESS, false, true],
  ["containers of the server's own Docker", target({ type: "docker" }), false, true],
  [
    "containers behind a socket of the machine",
    target({ type: "docker", host: "unix:///run/docker.sock" }),
    false,
    true,
  ],
  ["containers of a Docker elsewhere", target({ type: "docker", host: "tcp://docker-1:2376" }), false, true],
  [
    "containers elsewhere behind this machine's gateway",
    target({ type: "docker", host: "tcp://docker-1:2376" }),
    true,
    true,
  ],
  ["pods behind this machine's gateway", CLUSTER, true, true],
  ["pods behind gateways that every server reaches", CLUSTER, false, false],
  ["pods behind a Gateway of their cluster", GATEWAY_API, true, false],
])("%s", (_name, place, ownGateway, bound) => {
  expect(isBound({ kind: "application", target: place, routed: true }, ownGateway)).toBe(bound);
});

test("what nobody calls is not bound by a gateway, and a prompt by nothing", () => {
  expect(isBound({ kind: "application", target: CLUSTER, routed: false }, true)).toBe(false);
  expect(isBound({ kind: "prompt", target: PROCESS, routed: true }, true)).toBe(false);
});
