import { expect, test } from "vitest";
import { z } from "zod";
import { gatewayAddresses } from "./gateway.address.ts";

const schema = z.string().transform(gatewayAddresses);

test("gateways are named one by one, or by a name that resolves to all of them", () => {
  expect(schema.parse("http://10.0.0.1:30081, https://gateway-2:30081")).toEqual([
    { url: "http://10.0.0.1:30081", resolves: false },
    { url: "https://gateway-2:30081", resolves: false },
  ]);
  expect(schema.parse("dns+http://gateway-admin:30081")).toEqual([
    { url: "http://gateway-admin:30081", resolves: true },
  ]);
});

test.each([
  "",
  "gateway:30081",
  "ftp://gateway:30081",
  "http://user@gateway:30081",
  "http://gateway:30081/admin",
  "http://gateway:30081,",
  "http://gateway:30081,http://gateway:30081",
])("%j names no gateways", (written) => {
  expect(schema.safeParse(written).success).toBe(false);
});
