import { configSchema } from "@sluice/core";
import { expect, test } from "vitest";
import { dependenciesFrom, dependenciesOf, newDependency } from "./dependencies.ts";
import type { PresentConfig } from "./types.ts";

const config: PresentConfig = JSON.parse(
  JSON.stringify(
    configSchema.parse({
      dependencies: [
        { name: "search", type: "http", address: "127.0.0.1:80", path: "/healthz" },
        { name: "database", type: "tcp", address: "127.0.0.1:5432", required: false },
        { name: "ranking", type: "grpc", address: "127.0.0.1:50051", service: "rank", timeoutSeconds: 1 },
      ],
    }),
  ),
);

test("services come back as they were, by way of their fields", () => {
  expect(dependenciesOf(dependenciesFrom(config), config)).toEqual({ dependencies: config.dependencies });
});

test("none is said where none is meant, unless there were some", () => {
  expect(dependenciesOf([], undefined)).toEqual({});
  expect(dependenciesOf([], config)).toEqual({ dependencies: [] });
});

test("what is asked of one type is not asked of another", () => {
  const drafts = [{ ...newDependency(), name: "a", type: "tcp" as const, address: "b:1", detail: "/left" }];
  expect(dependenciesOf(drafts, undefined).dependencies?.[0]).toEqual({
    ...{ name: "a", type: "tcp", address: "b:1", required: true, timeoutSeconds: 3 },
  });
});
