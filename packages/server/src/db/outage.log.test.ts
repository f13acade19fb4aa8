import { expect, test } from "vitest";
import { createOutageLog } from "./outage.log.ts";

const refused = (): Error => Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

function recorded() {
  const said: string[] = [];
  const log = createOutageLog({ warn: (_fields: unknown, message?: string) => void said.push(message ?? "") });
  return { said, log };
}

test("an outage is said once, and again when there is another one", () => {
  const { said, log } = recorded();
  for (let round = 0; round < 100; round += 1) log.failed(refused(), "first");
  expect(said).toEqual(["first"]);
  log.worked();
  log.failed(refused(), "second");
  log.failed(refused(), "second");
  expect(said).toEqual(["first", "second"]);
});

test("what is no outage is said each time, also in the middle of one", () => {
  const { said, log } = recorded();
  log.failed(refused(), "away");
  log.failed(new Error("a bug"), "broken");
  log.failed(new Error("a bug"), "broken");
  log.failed(refused(), "away");
  expect(said).toEqual(["away", "broken", "broken", "away"]);
});
