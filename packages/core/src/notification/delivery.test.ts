import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  afterAttempt,
  type Delivery,
  httpOutcome,
  LONGEST_RETRY_AFTER_MS,
  type Outcome,
  RETRY_SECONDS,
  smtpOutcome,
} from "./delivery.ts";

const FRESH: Delivery = { status: "pending", attempts: 0, dueAt: 0 };
const NOW = Date.parse("2026-11-21T10:00:00Z");
const failed = (retryAfterMs?: number): Outcome => ({ type: "failed", reason: "answered 503", retryAfterMs });

describe("a delivery", () => {
  test("that keeps failing is attempted as the table says, and is dead after its last attempt", () => {
    const delays: number[] = [];
    let delivery = FRESH;
    for (let now = 0; delivery.status === "pending"; now = delivery.dueAt) {
      delivery = afterAttempt(delivery, failed(), now);
      if (delivery.status === "pending") delays.push((delivery.dueAt - now) / 1_000);
    }
    expect(delays).toEqual(RETRY_SECONDS);
    expect(delivery).toMatchObject({ status: "dead", attempts: RETRY_SECONDS.length + 1 });
  });

  test("waits as long as the receiver asks, up to an hour", () => {
    expect(afterAttempt(FRESH, failed(90_000), NOW).dueAt).toBe(NOW + 90_000);
    expect(afterAttempt(FRESH, failed(10), NOW).dueAt).toBe(NOW + 1_000);
    expect(afterAttempt(FRESH, failed(1e12), NOW).dueAt).toBe(NOW + LONGEST_RETRY_AFTER_MS);
  });

  test("comes to one end in any course of attempts: delivered by the first success, dead by a refusal or the last failure", () => {
    const outcome: fc.Arbitrary<Outcome> = fc.oneof(
      { weight: 8, arbitrary: fc.option(fc.nat(5_000_000), { nil: undefined }).map(failed) },
      { weight: 1, arbitrary: fc.constantFrom<Outcome["type"]>("accepted", "refused", "gone").map(plain) },
    );
    fc.assert(
      fc.property(fc.array(outcome, { minLength: 15, maxLength: 15 }), (outcomes) => {
        let delivery = FRESH;
        let now = 0;
        const made: Outcome[] = [];
        for (const one of outcomes) {
          if (delivery.status !== "pending") break;
          made.push(one);
          const next = afterAttempt(delivery, one, now);
          expect(next.attempts).toBe(delivery.attempts + 1);
          expect(next.dueAt).toBeGreaterThanOrEqual(now);
          if (next.status === "pending") expect(next.dueAt).toBeGreaterThan(now);
          delivery = next;
          now = next.dueAt;
        }
        const last = made.at(-1);
        expect(delivery.attempts).toBe(made.length);
        expect(made.length).toBeLessThanOrEqual(RETRY_SECONDS.length + 1);
        expect(made.slice(0, -1).every(({ type }) => type === "failed")).toBe(true);
        expect(delivery.status).toBe(last?.type === "accepted" ? "delivered" : "dead");
        expect(() => afterAttempt(delivery, failed(), now)).toThrow(/is not attempted/);
      }),
    );
  });
});

function plain(type: Outcome["type"]): Outcome {
  return { type, reason: type };
}

describe("an answer by HTTP", () => {
  test.each([
    [200, "accepted"],
    [204, "accepted"],
    [302, "refused"],
    [400, "refused"],
    [401, "refused"],
    [404, "refused"],
    [408, "failed"],
    [410, "gone"],
    [425, "failed"],
    [429, "failed"],
    [500, "failed"],
    [503, "failed"],
  ])("%i is %s", (status, type) => {
    expect(httpOutcome(status, null, "", NOW).type).toBe(type);
  });

  test("says in the reason what the receiver said, and what is not done about a redirection", () => {
    expect(httpOutcome(500, null, "out of disk", NOW).reason).toBe("answered 500: out of disk");
    expect(httpOutcome(301, null, "", NOW).reason).toBe("answered 301; redirections are not followed");
  });

  test.each([
    ["120", 120_000],
    ["Sat, 21 Nov 2026 10:05:00 GMT", 300_000],
    ["Sat, 21 Nov 2026 09:00:00 GMT", 0],
    ["soon", undefined],
  ])("with Retry-After %s asks for %s milliseconds", (header, retryAfterMs) => {
    expect(httpOutcome(429, header, "", NOW)).toMatchObject({ type: "failed", retryAfterMs });
  });
});

test("a reply by SMTP may work later unless it begins with a five", () => {
  expect(smtpOutcome(450, "busy").type).toBe("failed");
  expect(smtpOutcome(550, "no such mailbox").type).toBe("refused");
  expect(smtpOutcome(null, "refused").type).toBe("failed");
});
