import { dependenciesSchema } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseDependency } from "./dependency.option.ts";

test.each([
  ["db=tcp:127.0.0.1:5432", { name: "db", type: "tcp", address: "127.0.0.1:5432" }],
  ["cache?=tcp:[::1]:6379", { name: "cache", type: "tcp", address: "[::1]:6379", required: false }],
  [
    "orders=http://orders:8080/healthz?deep=1",
    { name: "orders", type: "http", address: "http://orders:8080", path: "/healthz?deep=1" },
  ],
  ["shop=https://shop.example.com", { name: "shop", type: "http", address: "https://shop.example.com" }],
  [
    "models=grpc:models:9005/models.v1.Models",
    { name: "models", type: "grpc", address: "models:9005", service: "models.v1.Models" },
  ],
  ["models=grpcs:models:9005", { name: "models", type: "grpc", address: "https://models:9005" }],
])("%s is understood, and accepted by the configuration", (text, dependency) => {
  expect(parseDependency(text)).toEqual(dependency);
  expect(dependenciesSchema.safeParse([dependency]).success).toBe(true);
});

test.each(["db", "db=", "=tcp:x:1", "db=127.0.0.1:5432", "db=ftp://x", "db=tcp:x:1/path", "db=tcp:a b:1"])(
  "'%s' is not",
  (text) => {
    expect(parseDependency(text)).toBeNull();
  },
);

test("nothing that is typed makes the parser throw", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseDependency(text);
    }),
  );
});
