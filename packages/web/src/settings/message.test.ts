import { expect, test } from "vitest";
import { summaryOf } from "./message.ts";

test("a message of a channel is told by its own summary, a registration by what serves", () => {
  expect(summaryOf({ type: "sluice.alert.firing", message: { summary: "greeter: rolled back" } })).toBe(
    "greeter: rolled back",
  );
  const registration = { deployment: { id: "dep_1", name: "greeter" }, version: "1.1.0" };
  expect(summaryOf({ type: "agent.registered", message: registration })).toBe("agent.registered greeter 1.1.0");
  expect(summaryOf({ type: "agent.registered", message: {} })).toBe("agent.registered");
});
