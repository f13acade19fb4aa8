import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type NotificationFixture, notificationFixture } from "../notification/testing/notification.fixture.ts";
import { dumpOf } from "../testing/dump.ts";
import { github } from "../trigger/testing/sender.ts";

/** A server whose database somebody else may read. */
let api: NotificationFixture;
beforeAll(async () => {
  api = await notificationFixture();
});
afterAll(() => api.close());

const headers = { "X-Api-Key": "hunter2-header" };
const trigger = { source: "github", action: { type: "run", workflow: "nobody" } };

async function must(method: "POST" | "PUT", url: string, body: object, key?: string): Promise<Record<string, string>> {
  const answer = await api.ask(method, url, {
    body,
    ...(key !== undefined && { headers: { "idempotency-key": key } }),
  });
  expect(answer.status, answer.text).toBeLessThan(300);
  return answer.body as Record<string, string>;
}

const ping = async (id: string, secret: string): Promise<{ statusCode: number; body: string }> => {
  const { headers: signed, payload } = await github(secret, "ping", {}, "delivery");
  return api.app.inject({ method: "POST", url: `/v1/triggers/${id}/fire`, headers: signed, payload });
};

test("nothing that is secret stands in the database as people wrote it, and all of it goes on being used", async () => {
  const receiver = await api.receiver();
  const { id, secret: first = "" } = await must("POST", "/v1/triggers", { name: "tags", ...trigger });
  const { secret: second = "" } = await must("POST", `/v1/triggers/${id}/rotate`, { overlapSeconds: 600 });
  const { secret: keyed = "" } = await must("POST", "/v1/triggers", { name: "keyed", ...trigger }, "once");
  const url = `${receiver.url}?token=hunter2-query`;
  const hook = await must("POST", "/v1/notifications", { name: "hook", type: "webhook", url, headers });
  const slack = { name: "chat", type: "slack", url: "https://hooks.slack.example/services/T0/B0/hunter2-slack" };
  await must("POST", "/v1/notifications", slack);
  const mail = { name: "mail", type: "email", host: "mail.example", from: "a@x.example", to: ["b@x.example"] };
  await must("POST", "/v1/notifications", { ...mail, user: "ops", password: "hunter2-mail" });
  const service = await must("PUT", "/v1/integrations/registry", { webhook: { url, headers } });
  const asks = [{ type: "custom", webhook: { url: "https://checks.example/?t=hunter2-gate", headers } }];
  await must("PUT", "/v1/gates/asks", { conditions: asks });
  await must("PUT", "/v1/secrets/password", { value: "hunter2-value" });

  const dump = await dumpOf(api.database.pool);
  for (const name of ["tags", "keyed", "hook", "chat", "mail", "registry", "asks"]) expect(dump).toContain(`"${name}"`);
  expect(dump).not.toContain("hunter2");
  const keys = [first, second, keyed, hook.secret ?? "", service.secret ?? ""];
  for (const key of keys) {
    expect(key).toMatch(/^whsec_.{40,}/);
    expect(dump).not.toContain(key);
  }

  expect([(await ping(id ?? "", first)).statusCode, (await ping(id ?? "", second)).statusCode]).toEqual([202, 202]);
  const stop = api.send();
  await api.ask("POST", "/v1/notifications/hook/test");
  await expect.poll(() => receiver.received).toMatchObject([{ headers: { "x-api-key": "hunter2-header" } }]);
  await stop();
});

describe("a server with another key", () => {
  const another = { dataDir: "/nowhere", secretKey: Buffer.alloc(32, 7).toString("base64") };

  test("tells a sender to come again and no more, and says at a message what is wrong", async () => {
    const { id = "", secret = "" } = await must("POST", "/v1/triggers", { name: "elsewhere", ...trigger });
    const { sealed } = await api.database.db
      .selectFrom("triggers")
      .select("sealed")
      .where("name", "=", "tags")
      .executeTakeFirstOrThrow();
    // Sealed text of something else opens as little as that of another key.
    await api.database.db.updateTable("triggers").set({ sealed }).where("id", "=", id).execute();
    const refused = await ping(id, secret);
    expect(refused.statusCode).toBe(503);
    expect(refused.body).not.toMatch(/key|secret|seal/i);

    const receiver = await api.receiver();
    await must("POST", "/v1/notifications", { name: "lost", type: "webhook", url: receiver.url });
    const stop = api.send({ config: another });
    await api.ask("POST", "/v1/notifications/lost/test");
    const reason = expect.stringContaining("sealed with another key");
    await expect.poll(() => api.deliveries("lost")).toMatchObject([{ reason }]);
    expect(receiver.received).toEqual([]);
    await stop();
  });
});
