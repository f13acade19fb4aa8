import type { Integration } from "@sluice/client";
import { ARTIFACT_KINDS, DEPENDENCY_TYPES, integrationSchema } from "@sluice/core";
import { expect, test } from "vitest";
import { fieldsOfIntegration, integrationWith, KINDS, NO_INTEGRATION, QUESTIONS } from "./integration.ts";

const KEY = { name: "registry", project: "default" };
const TIMES = { createdAt: "2026-11-21T10:00:00.000Z", updatedAt: "2026-11-21T10:00:00.000Z" };

/** Services as the server shows them: as they came over the wire. */
const shown = (
  [
    { health: { type: "http", address: "127.0.0.1:8200", path: "/health", timeoutSeconds: 1 } },
    { health: { type: "grpc", address: "https://registry.example.com:443", service: "delos.v1" }, required: false },
    { health: { type: "tcp", address: "127.0.0.1:1" }, kinds: ["agent"], environments: ["production"] },
    { webhook: { url: "https://x.example.com/y?(not shown)", headers: { a: "(not shown)" }, timeoutSeconds: 2 } },
  ] as const
).map((spec): Integration => JSON.parse(JSON.stringify({ ...KEY, ...TIMES, ...integrationSchema.parse(spec) })));

test.each(shown)("of $health.type and $webhook.url nothing changes that nobody has changed", (integration) => {
  const { name: _, project: _project, createdAt: _created, updatedAt: _updated, ...spec } = integration;
  expect(integrationSchema.parse(integrationWith(fieldsOfIntegration(integration), integration))).toEqual(spec);
});

test("a question keeps only what belongs to its type, and what is left empty is neither asked nor told", () => {
  const fields = { ...NO_INTEGRATION, address: " a:1 ", path: "/x", service: "s", url: " https://a.example.com/ " };
  expect(integrationWith({ ...fields, question: "tcp" }, null)).toMatchObject({
    health: { type: "tcp", address: "a:1" },
  });
  expect(integrationWith({ ...fields, question: "grpc" }, null).health).toEqual({
    ...{ type: "grpc", address: "a:1", service: "s" },
  });
  expect(integrationWith({ ...fields, question: "" }, null)).toMatchObject({
    ...{ health: null, webhook: { url: "https://a.example.com/", headers: {} } },
  });
  expect(integrationWith({ ...fields, url: "" }, null).webhook).toBeNull();
});

test("every kind and every question that there is can be chosen", () => {
  expect(KINDS.toSorted()).toEqual(ARTIFACT_KINDS.toSorted());
  expect(QUESTIONS.toSorted()).toEqual(DEPENDENCY_TYPES.toSorted());
});
