import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { type Answers, startApi, type TestApi } from "../testing/api.ts";
import { testIo } from "../testing/io.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-channels-"));
const apis: TestApi[] = [];
afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function sluice(answers: Answers, argv: string[], input = "") {
  const api = await startApi(answers);
  apis.push(api);
  const io = testIo({ environment: { SLUICE_URL: api.url }, input });
  const exitCode = await run(argv, io);
  return { exitCode, out: io.out(), err: io.err(), asked: api.asked };
}

const channel = {
  ...{ id: "ntf_1", name: "incidents", project: "default", type: "webhook", url: "https://incidents.example/hook" },
  ...{ headers: {}, enabled: true, timeoutSeconds: 10, limit: { messages: 10, perSeconds: 600 }, disabledReason: null },
  alerts: { deployment_failure: { enabled: true, threshold: "any_failure", forSeconds: 30 } },
  filter: { environment: "production", artifact: null, kind: null, deployment: null },
  ...{ createdAt: "2026-11-21T10:00:00.000Z", updatedAt: "2026-11-21T10:00:00.000Z" },
};

const delivery = {
  ...{ id: "dlv_1", status: "pending", type: "sluice.alert.test", attempts: 0, reason: null, nextAttemptAt: null },
  ...{ message: {}, createdAt: "2026-11-21T10:04:00.000Z", finishedAt: null },
};

describe("sluice notification", () => {
  test("creates a webhook from flags, and shows its key once", async () => {
    const answers = { "POST /v1/notifications": { status: 201, json: { ...channel, secret: "whsec_abc" } } };
    const { exitCode, out, err, asked } = await sluice(answers, [
      ...[
        "notification",
        "create",
        "incidents",
        "--webhook",
        "https://incidents.example/hook",
        "--header",
        "x-api-key=hush",
      ],
      ...["--alert", "deployment_failure", "--alert", "performance_degradation=response_time > 2.0s", "--for", "1m"],
      ...["-e", "production", "--deployment", "greeter", "--most", "5"],
    ]);
    expect(exitCode).toBe(EXIT.ok);
    expect(asked[0]?.body).toEqual({
      ...{
        name: "incidents",
        type: "webhook",
        url: "https://incidents.example/hook",
        headers: { "x-api-key": "hush" },
      },
      alerts: {
        deployment_failure: { threshold: "any_failure", forSeconds: 60 },
        performance_degradation: { threshold: "response_time > 2.0s", forSeconds: 60 },
      },
      ...{ filter: { environment: "production", deployment: "greeter" }, limit: { messages: 5 } },
    });
    expect(out).toMatch(/signing key +whsec_abc/);
    expect(err).toContain("it is not shown again");
  });

  test("creates mail with a password from a file, or from the standard input", async () => {
    const file = join(folder, "password");
    writeFileSync(file, "correct horse\n");
    const answers = { "POST /v1/notifications": { status: 201, json: { ...channel, type: "slack" } } };
    for (const [path, input] of [
      [file, ""],
      ["-", "correct horse\n"],
    ] as const) {
      const { asked, out } = await sluice(
        answers,
        [
          ...["notification", "create", "on-call", "--email", "ops@example.com", "boss@example.com"],
          ...[
            "--smtp",
            "smtp.example.com:587",
            "--from",
            "sluice@example.com",
            "--user",
            "sluice",
            "--password-file",
            path,
          ],
        ],
        input,
      );
      expect(asked[0]?.body).toEqual({
        ...{ name: "on-call", type: "email", host: "smtp.example.com", port: 587, from: "sluice@example.com" },
        ...{ to: ["ops@example.com", "boss@example.com"], user: "sluice", password: "correct horse", filter: {} },
      });
      expect(out).not.toContain("correct horse");
    }
  });

  test.each([
    [["--webhook", "https://x.example", "--slack", "https://y.example"], "needs one of --webhook, --slack and --email"],
    [[], "needs one of --webhook, --slack and --email"],
    [["--email", "ops@example.com"], "--email needs --smtp and --from"],
    [
      ["--slack", "https://x.example", "--alert", "fire"],
      "Expected ALERT or ALERT=THRESHOLD; alerts: deployment_failure",
    ],
  ])("create %j is a usage error that says what is allowed", async (flags, message) => {
    const { exitCode, err } = await sluice({}, ["notification", "create", "x", ...flags]);
    expect(exitCode).toBe(EXIT.usage);
    expect(err).toContain(message);
  });

  test.each([
    ["delivered", "answered 204", EXIT.ok],
    ["dead", "answered 404: no such hook", EXIT.failed],
  ])("test waits for what comes of it: %s", async (status, reason, code) => {
    let looks = 0;
    const { exitCode, out } = await sluice(
      {
        "POST /v1/notifications/incidents/test": { status: 202, json: delivery },
        "GET /v1/notifications/incidents/deliveries": () => {
          looks += 1;
          return {
            json: { items: looks < 3 ? [delivery] : [{ ...delivery, status, reason, attempts: 1 }], nextCursor: null },
          };
        },
      },
      ["notification", "test", "incidents"],
    );
    expect(exitCode).toBe(code);
    expect(out).toBe(`${status}: ${reason}\n`);
  });

  test("lists channels and deliveries, and switches a channel off by putting back what it read", async () => {
    const page = (json: object) => ({ json: { items: [json], nextCursor: null } });
    const off = { ...channel, enabled: false, disabledReason: "answered 410" };
    const list = await sluice({ "GET /v1/notifications": page(off) }, ["notification", "list"]);
    expect(list.out).toMatch(
      /incidents +webhook +https:\/\/incidents\.example\/hook +deployment_failure +production +off: its receiver answered 410/,
    );
    const get = await sluice({ "GET /v1/notifications/incidents": { json: channel } }, [
      "notification",
      "get",
      "incidents",
    ]);
    expect(get.out).toMatch(/10 messages in 600 s[\s\S]*deployment_failure +any_failure +yes/);
    const dead = { ...delivery, status: "dead", reason: "answered 500", attempts: 11 };
    const deliveries = await sluice({ "GET /v1/notifications/incidents/deliveries": page(dead) }, [
      ...["notification", "deliveries", "incidents", "--status", "dead"],
    ]);
    expect(deliveries.out).toMatch(/dlv_1 +1 min ago +sluice\.alert\.test +dead +11 +answered 500/);
    expect(deliveries.asked[0]?.path).toContain("status=dead");
    const { asked } = await sluice(
      { "GET /v1/notifications/incidents": { json: channel }, "PUT /v1/notifications/incidents": { json: off } },
      ["notification", "disable", "incidents"],
    );
    expect(asked[1]?.body).toEqual({ ...channel, enabled: false });
  });
});

describe("sluice integration", () => {
  test("declares a service from flags", async () => {
    const service = {
      ...{ name: "orchestrator", project: "default", enabled: true, kinds: ["agent"], environments: ["production"] },
      health: { type: "http", address: "http://127.0.0.1:8200", path: "/health", timeoutSeconds: 3 },
      webhook: { url: "http://127.0.0.1:8200/hooks/sluice", headers: {}, timeoutSeconds: 10 },
      ...{ required: true, createdAt: channel.createdAt, updatedAt: channel.updatedAt },
    };
    const { asked, out } = await sluice(
      { "PUT /v1/integrations/orchestrator": { status: 201, json: { ...service, secret: "whsec_abc" } } },
      [
        ...["integration", "set", "orchestrator", "--kind", "agent", "-e", "production"],
        ...["--health", "http://127.0.0.1:8200/health", "--webhook", "http://127.0.0.1:8200/hooks/sluice"],
      ],
    );
    expect(asked[0]?.body).toEqual({
      ...{ kinds: ["agent"], environments: ["production"], required: true },
      health: { type: "http", address: "http://127.0.0.1:8200", path: "/health" },
      webhook: { url: "http://127.0.0.1:8200/hooks/sluice" },
    });
    expect(out).toContain("whsec_abc");
    expect(out).toMatch(/asked at +http http:\/\/127\.0\.0\.1:8200\/health/);
  });
});
