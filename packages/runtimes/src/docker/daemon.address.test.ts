import { expect, test } from "vitest";
import { daemonAddress, isHere } from "./daemon.address.ts";

test.each([
  ["unix:///run/docker.sock", { socketPath: "/run/docker.sock" }],
  ["tcp://docker-1:2375", { host: "docker-1", port: 2_375, tls: null }],
  ["tcp://docker-1", { host: "docker-1", port: 2_375, tls: null }],
  ["http://[::1]:99", { host: "::1", port: 99, tls: null }],
  ["https://docker-1", { host: "docker-1", port: 443, tls: {} }],
])("%s is understood", (name, address) => {
  expect(daemonAddress(name, null)).toEqual({ name, ...address });
});

test("with certificates tcp means TLS, at its own port", () => {
  expect(daemonAddress("tcp://docker-1", { ca: "c" })).toMatchObject({ port: 2_376, tls: { ca: "c" } });
});

test.each(["ssh://me@docker-1", "unix://run", "docker-1:2375", "tcp://", "http://a/path", "", "npipe:////./pipe/x"])(
  "%j is refused, with what is allowed",
  (name) => {
    expect(() => daemonAddress(name, null)).toThrow(/unix:\/\/\/path/);
  },
);

test("a daemon is here behind a socket or on loopback", () => {
  const here = (name: string): boolean => isHere(daemonAddress(name, null));
  expect(["unix:///a", "tcp://127.0.0.1:1", "tcp://localhost:1", "tcp://[::1]:1"].map(here)).toEqual(
    Array.from({ length: 4 }).fill(true),
  );
  expect(here("tcp://10.0.0.7:1")).toBe(false);
});
