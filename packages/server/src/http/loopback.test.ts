import { expect, test } from "vitest";
import { refuseStrangers } from "./loopback.ts";

const request = (host: string | undefined, origin?: string, localAddress = "127.0.0.1") =>
  refuseStrangers({ host, origin, localPort: 8303, localAddress });

test.each(["localhost:8303", "127.0.0.1:8303", "[::1]:8303", "LOCALHOST:8303"])("%s is this server", (host) => {
  expect(() => request(host)).not.toThrow();
  expect(() => request(host, `http://${host.toLowerCase()}`)).not.toThrow();
});

test.each([
  ["a name that was pointed here", "evil.example:8303"],
  ["another port", "localhost:8304"],
  ["no port", "localhost"],
  ["none", undefined],
  ["an address that is not ours", "10.0.0.1:8303"],
  ["a name that begins like ours", "localhost.evil.example:8303"],
  ["a user before it", "localhost@evil.example:8303"],
  ["a path behind it", "localhost:8303/x"],
])("Host with %s is refused", (_what, host) => {
  expect(() => request(host)).toThrow("Host");
});

test.each(["http://evil.example", "null", "https://localhost:8303", "http://localhost:3000", "http://127.0.0.1:8303"])(
  "the page of %s is refused",
  (origin) => {
    expect(() => request("localhost:8303", origin)).toThrow("Origin");
  },
);

test("the address that the connection came to is ours, also inside IPv6", () => {
  expect(() => request("10.1.2.3:8303", undefined, "::ffff:10.1.2.3")).not.toThrow();
});
