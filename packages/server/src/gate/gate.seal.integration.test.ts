import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createGateDeps } from "./gate.deps.ts";
import { type GateFixture, gateFixture } from "./testing/gate.fixture.ts";
import { json } from "./testing/services.ts";

let fixture: GateFixture;
beforeAll(async () => {
  fixture = await gateFixture();
});
afterEach(() => fixture.tidy());
afterAll(() => fixture.api.close());

const headers = { "X-Key": "hunter2" };
const stored = async (): Promise<string> =>
  JSON.stringify(await fixture.api.database.db.selectFrom("gates").selectAll().execute());

test("a gate that an earlier release wrote asks as before, shows nothing, and is sealed when it is put back", async () => {
  const { url, asked } = await fixture.service((response) => json(response, { pass: true }));
  await fixture.gate([{ type: "custom", webhook: { url: `${url}/?t=hunter3`, headers } }]);
  const old = [{ type: "custom", webhook: { url: `${url}/?t=hunter3`, headers, timeoutSeconds: 10 } }];
  const row = { spec: JSON.stringify({ conditions: old }), sealed: null };
  await fixture.api.database.db.updateTable("gates").set(row).execute();
  expect(await stored()).toContain("hunter2");

  const deps = fixture.deps();
  expect(await fixture.evaluate(deps)).toMatchObject([{ status: "passed" }]);
  const shown = await fixture.api.ask("GET", "/v1/gates/quality");
  expect(shown.text).not.toContain("hunter");
  expect(await fixture.api.ask("PUT", "/v1/gates/quality", { body: shown.body })).toMatchObject({ status: 200 });
  expect(await stored()).not.toContain("hunter");
  expect(await fixture.evaluate(deps, { round: 1 })).toMatchObject([{ status: "passed" }]);
  expect(asked).toMatchObject([
    { path: "/?t=hunter3", headers: { "x-key": "hunter2" } },
    { path: "/?t=hunter3", headers: { "x-key": "hunter2" } },
  ]);
});

test("a gate whose secrets were sealed with another key waits, and says why", async () => {
  const { url, asked } = await fixture.service((response) => json(response, { pass: true }));
  await fixture.gate([{ type: "custom", webhook: { url, headers } }]);
  const keys = { dataDir: "/nowhere", secretKey: Buffer.alloc(32, 7).toString("base64") };
  const deps = createGateDeps({ evaluationService: null, now: () => fixture.clock.now, keys });
  fixture.later(deps.close);
  const message = expect.stringContaining("sealed with another key");
  expect(await fixture.evaluate(deps)).toMatchObject([{ status: "waiting", message }]);
  expect(asked).toEqual([]);
});
