import fc from "fast-check";
import { expect, test } from "vitest";
import { targetOf } from "./request.target.ts";

test("a plain address is read as it is meant", () => {
  expect(targetOf("/v1/resolve/greeting")).toMatchObject({ name: "greeting", key: null, context: {} });
  const query = "key=user%207%2B&environment=production&project=search&context.region=eu&context.x-plan=a+b";
  expect(targetOf(`/v1/resolve/greeting?${query}`)).toEqual({
    name: "greeting",
    key: "user 7+",
    environment: "production",
    project: "search",
    context: { region: "eu", "x-plan": "a b" },
  });
});

test("any key comes through as it was written", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 200 }), (key) => {
      fc.pre(!key.includes("\0"));
      const query = new URLSearchParams({ key, "context.name": key });
      expect(targetOf(`/v1/resolve/p?${query}`)).toMatchObject({ key, context: { name: key } });
    }),
  );
});

test.each([
  "/v1/resolve/",
  "/v1/resolve/a/b",
  "/v1/resolve/%67reeting",
  "/v1/resolve/Greeting",
  "/v1/resolver",
  "/v1/resolve/p?key",
  "/v1/resolve/p?",
  "/v1/resolve/p?key=a&key=b",
  "/v1/resolve/p?other=1",
  "/v1/resolve/p?context.a=1&context.a=2",
  "/v1/resolve/p?context.__proto__=1",
  "/v1/resolve/p?key=%",
  "/v1/resolve/p?key=%ff",
  "/v1/resolve/p?key=%00",
  `/v1/resolve/p?key=${"k".repeat(5_000)}`,
  "/v1/resolve/p?key=\u00e9",
])("what is odd is left to the usual way: %s", (url) => {
  expect(targetOf(url)).toBeNull();
});
