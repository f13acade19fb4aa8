import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEPENDENCY_TYPES, dependenciesSchema, parseAddress } from "./dependency.schema.ts";

const refused = (input: unknown): string[] =>
  dependenciesSchema.safeParse(input).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

test("a dependency is required and answers within three seconds unless told otherwise", () => {
  expect(dependenciesSchema.parse([{ name: "db", type: "tcp", address: "127.0.0.1:5432" }])).toEqual([
    { name: "db", type: "tcp", address: "127.0.0.1:5432", required: true, timeoutSeconds: 3 },
  ]);
});

describe("an address", () => {
  test.each([
    ["tcp", "127.0.0.1:5432", { host: "127.0.0.1", port: 5_432, tls: false }],
    ["tcp", "[::1]:5432", { host: "::1", port: 5_432, tls: false }],
    ["http", "orders:8080", { host: "orders", port: 8_080, tls: false }],
    ["http", "http://orders", { host: "orders", port: 80, tls: false }],
    ["http", "https://orders.example.com/", { host: "orders.example.com", port: 443, tls: true }],
    ["grpc", "models:9005", { host: "models", port: 9_005, tls: false }],
    ["grpc", "https://models:9005", { host: "models", port: 9_005, tls: true }],
  ] as const)("of type %s may be %s", (type, address, parsed) => {
    expect(parseAddress(type, address)).toEqual(parsed);
  });

  test.each([
    ["tcp", "5432"],
    ["tcp", "localhost"],
    ["tcp", "localhost:0"],
    ["tcp", "localhost:70000"],
    ["tcp", "http://localhost:80"],
    ["http", "ftp://orders:21"],
    ["http", "http://user:word@orders:80"],
    ["http", "http://orders/path"],
    ["http", "http://orders?query"],
    ["grpc", "unix:/run/models.sock"],
  ] as const)("of type %s may not be %s", (type, address) => {
    expect(refused([{ name: "x", type, address }])).toEqual([expect.stringMatching(/^0\.address: host:port/)]);
  });

  test("is never misread: whatever is accepted has a host and a port", () => {
    fc.assert(
      fc.property(fc.constantFrom(...DEPENDENCY_TYPES), fc.string(), (type, text) => {
        const parsed = parseAddress(type, text);
        if (parsed === null) return;
        expect(parsed.host).toMatch(/^[\w.:-]+$/);
        expect(parsed.port).toBeGreaterThanOrEqual(1);
        expect(parsed.port).toBeLessThanOrEqual(65_535);
      }),
    );
  });
});

test("what does not belong to a type, and a name given twice, are refused at their field", () => {
  const db = { name: "db", type: "tcp", address: "db:5432" };
  expect(refused([{ ...db, path: "/healthz" }])).toEqual(["0.path: nothing: a dependency of type tcp has no path"]);
  expect(refused([{ ...db, type: "http", service: "x" }])).toEqual([
    "0.service: nothing: a dependency of type http has no service",
  ]);
  expect(refused([db, db])).toEqual(["1.name: a name that no dependency before it has"]);
  expect(refused([{ ...db, timeoutSeconds: 60 }])[0]).toMatch(/^0\.timeoutSeconds/);
  expect(refused(Array.from({ length: 33 }, (_, index) => ({ ...db, name: `db-${index}` })))).toHaveLength(1);
});
