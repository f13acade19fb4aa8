import { sign } from "@octokit/webhooks-methods";
import fc from "fast-check";
import { expect, test } from "vitest";
import { newSigningSecret, verify } from "./signature.ts";
import { standard } from "./testing/sender.ts";

const NOW = Date.parse("2026-11-21T10:00:00.000Z");
const SECRET = newSigningSecret();

test("GitHub's own library signs what is taken, and nothing else passes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), async (text, other) => {
      const headers = {
        "x-hub-signature-256": await sign(SECRET, text),
        "x-github-event": "push",
        "x-github-delivery": "d",
      };
      const check = (body: string, secret: string) =>
        verify("github", [secret], { headers, body: Buffer.from(body) }, NOW);
      expect(check(text, SECRET)).toEqual({ event: "push", delivery: "d", signsDelivery: false });
      expect(check(`${text}${other}`, SECRET)).toBeNull();
      expect(check(text, `${SECRET}${other}`)).toBeNull();
    }),
  );
});

test("the library of Standard Webhooks signs what is taken, for five minutes", () => {
  const { headers, payload } = standard(SECRET, { tag: "v1" }, "msg_1", new Date(NOW));
  const check = (now: number) => verify("generic", [SECRET], { headers, body: Buffer.from(payload) }, now);
  expect(check(NOW)).toEqual({ event: "generic", delivery: "msg_1", signsDelivery: true });
  expect([check(NOW + 300_000), check(NOW - 300_000)]).not.toContain(null);
  expect([check(NOW + 300_001), check(NOW - 301_000)]).toEqual([null, null]);
});

test("one of several signatures is enough, and one of several secrets", () => {
  const { headers, payload } = standard(SECRET, {}, "msg_1", new Date(NOW));
  const several = { ...headers, "webhook-signature": `v1,AAAA v2,BBBB ${headers["webhook-signature"]}` };
  const body = Buffer.from(payload);
  expect(verify("generic", [newSigningSecret(), SECRET], { headers: several, body }, NOW)).not.toBeNull();
  expect(verify("generic", [], { headers: several, body }, NOW)).toBeNull();
});

test("whatever headers come, nothing passes without the secret", () => {
  const source = fc.constantFrom("github" as const, "gitlab" as const, "generic" as const, "manual" as const);
  const name = fc.constantFrom(
    "x-hub-signature-256",
    "x-gitlab-token",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
  );
  const headers = fc.dictionary(name, fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(String(NOW / 1_000))));
  fc.assert(
    fc.property(source, headers, fc.string(), (source, headers, text) => {
      expect(verify(source, [SECRET], { headers, body: Buffer.from(text) }, NOW)).toBeNull();
    }),
  );
});
