import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

const URL = "/v1/notifications";
const webhook = {
  type: "webhook",
  url: "https://incidents.example.com/hook?key=very-secret",
  headers: { "x-api-key": "hush" },
};
const mail = {
  ...{ type: "email", host: "smtp.example.com", user: "sluice", password: "correct horse" },
  ...{ from: "sluice@example.com", to: ["ops@example.com"] },
};
const slack = { type: "slack", url: "https://hooks.slack.example/services/T0/B0/XYZ" };

const post = (body: object, headers: Record<string, string> = {}) => api.ask("POST", URL, { body, headers });

describe("a notification channel", () => {
  test("is made, read, listed page by page, replaced and deleted", async () => {
    const made = await post({ name: "crud", ...webhook, alerts: { rollback: {} } });
    expect(made).toMatchObject({
      status: 201,
      headers: { "cache-control": "no-store" },
      body: {
        id: expect.stringMatching(/^ntf_/),
        name: "crud",
        project: "default",
        url: "https://incidents.example.com/hook?(not shown)",
        headers: { "x-api-key": "(not shown)" },
        secret: expect.stringMatching(/^whsec_/),
        disabledReason: null,
      },
    });
    const { id, secret: _, ...shown } = made.body as Record<string, unknown>;
    for (const key of [id, "crud"])
      expect(await api.ask("GET", `${URL}/${key}`)).toMatchObject({ status: 200, body: { id, ...shown } });
    for (const name of ["crud-1", "crud-2"]) expect(await post({ name, ...slack })).toMatchObject({ status: 201 });
    const names: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const { body } = await api.ask("GET", `${URL}?limit=1${cursor && `&cursor=${cursor}`}`);
      const page = body as { items: { name: string }[]; nextCursor: string | null };
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    }
    expect(names.filter((name) => name.startsWith("crud"))).toEqual(["crud", "crud-1", "crud-2"]);
    const put = await api.ask("PUT", `${URL}/crud`, { body: { ...shown, alerts: { no_data: { enabled: false } } } });
    expect(put).toMatchObject({ status: 200, body: { id, alerts: { no_data: { enabled: false } } } });
    expect(put.body).not.toHaveProperty("secret");
    expect(await api.ask("DELETE", `${URL}/${id}`)).toMatchObject({ status: 204 });
    expect(await api.ask("GET", `${URL}/crud`)).toMatchObject({ status: 404 });
  });

  test("keeps its secrets out of answers, lists, events and the audit, whatever is done to it", async () => {
    const { secret } = (await post({ name: "quiet-hook", ...webhook })).body as { secret: string };
    await post({ name: "quiet-mail", ...mail });
    await post({ name: "quiet-slack", ...slack });
    for (const name of ["quiet-hook", "quiet-mail", "quiet-slack"]) {
      const { body } = await api.ask("GET", `${URL}/${name}`);
      expect(
        await api.ask("PUT", `${URL}/${name}`, { body: { ...(body as object), timeoutSeconds: 3 } }),
      ).toMatchObject({ status: 200 });
      await api.ask("POST", `${URL}/${name}/test`);
    }
    await api.ask("POST", `${URL}/quiet-hook/rotate`);
    const answers = await Promise.all([
      api.ask("GET", `${URL}?limit=200`),
      api.ask("GET", "/v1/audit?limit=200"),
      api.ask("GET", "/v1/events?limit=200", { headers: { accept: "application/json" } }),
      ...["quiet-hook", "quiet-mail", "quiet-slack"].map((name) => api.ask("GET", `${URL}/${name}/deliveries`)),
    ]);
    for (const { status, text } of answers) {
      expect(status).toBe(200);
      for (const hidden of ["very-secret", "hush", "correct horse", "T0/B0", secret])
        expect(text).not.toContain(hidden);
    }
    expect(await api.ask("GET", "/v1/audit/verify")).toMatchObject({ body: { valid: true } });
  });

  test("never sends a stored secret to another place than the one it was stored for", async () => {
    await post({ name: "moved", ...webhook });
    await post({ name: "moved-mail", ...mail });
    await post({ name: "moved-slack", ...slack });
    const moves: [string, object, string][] = [
      [
        "moved",
        { ...webhook, url: "https://evil.example/hook", headers: { "x-api-key": "(not shown)" } },
        "headers.x-api-key",
      ],
      ["moved", { ...webhook, url: "https://evil.example/hook?(not shown)" }, "url"],
      ["moved-mail", { ...mail, host: "evil.example", password: "(not shown)" }, "password"],
      ["moved-mail", { ...mail, port: 25, password: "(not shown)" }, "password"],
      ["moved-slack", { ...slack, url: "https://evil.example/(not shown)" }, "url"],
    ];
    for (const [name, body, field] of moves) {
      const answer = await api.ask("PUT", `${URL}/${name}`, { body });
      expect(answer, field).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    }
    expect(await post({ name: "made-of-nothing", ...mail, password: "(not shown)" })).toMatchObject({ status: 400 });
  });

  test.each([
    [{ ...slack }, "name"],
    [{ name: "x", url: slack.url }, "type"],
    [{ name: "x", type: "pigeon" }, "type"],
    [{ name: "x", type: "slack" }, "url"],
    [{ name: "x", type: "slack", url: 7 }, "url"],
    [{ name: "x", type: "slack", url: "file:///etc/passwd" }, "url"],
    [{ name: "x", ...slack, extra: 1 }, "extra"],
    [{ name: "", ...slack }, "name"],
    [{ name: "x".repeat(64), ...slack }, "name"],
    [
      { name: "x", ...slack, alerts: { performance_degradation: { threshold: "response_time > soon" } } },
      "alerts.performance_degradation.threshold",
    ],
    [{ name: "x", ...slack, alerts: { deployment_failure: { enabled: "yes" } } }, "alerts.deployment_failure.enabled"],
    [{ name: "x", ...slack, limit: { messages: 0 } }, "limit.messages"],
    [{ name: "x", ...webhook, secret: "whsec_short" }, "secret"],
    [{ name: "x", ...mail, host: "" }, "host"],
    [{ name: "x", ...mail, port: 70_000 }, "port"],
    [{ name: "x", ...mail, to: Array(51).fill("a@example.com") }, "to"],
    [{ name: "x", ...mail, from: "not an address" }, "from"],
    [{ name: "x", ...mail, user: null }, "user"],
  ])("is not made of %j: %s is named", async (body, field) => {
    const answer = await post(body);
    expect(answer.status).toBe(400);
    expect((answer.body as { errors: { field: string }[] }).errors.map((error) => error.field)).toContain(field);
  });

  test("has a name of its own, a type for good, and a project that exists", async () => {
    await post({ name: "taken", ...slack });
    expect(await post({ name: "taken", ...slack })).toMatchObject({ status: 409, body: { code: "already_exists" } });
    expect(await api.ask("PUT", `${URL}/taken`, { body: mail })).toMatchObject({
      status: 409,
      body: { code: "failed_precondition" },
    });
    expect(await api.ask("PUT", `${URL}/taken`, { body: { ...slack, name: "other" } })).toMatchObject({ status: 400 });
    expect(await api.ask("PUT", `${URL}/nobody`, { body: slack })).toMatchObject({ status: 404 });
    expect(await post({ name: "lost", project: "nowhere", ...slack })).toMatchObject({ status: 404 });
    for (const path of ["nobody", "nobody/deliveries"])
      expect(await api.ask("GET", `${URL}/${path}`)).toMatchObject({ status: 404 });
    for (const path of ["nobody/test", "nobody/rotate", "taken/deliveries/dlv_none/redeliver"]) {
      expect(await api.ask("POST", `${URL}/${path}`)).toMatchObject({ status: 404 });
    }
    expect(await api.ask("POST", `${URL}/taken/rotate`)).toMatchObject({ status: 409 });
  });

  test("is made once for an Idempotency-Key, and its key is not told again", async () => {
    const headers = { "idempotency-key": "make-it-once" };
    expect(await post({ name: "once", ...webhook }, headers)).toMatchObject({ status: 201 });
    const again = await post({ name: "once", ...webhook }, headers);
    expect(again).toMatchObject({ status: 409 });
    expect(again.text).not.toContain("whsec_");
  });

  test("of another project is not found, and nothing of it is told", async () => {
    await api.ask("POST", "/v1/projects", { body: { name: "elsewhere" } });
    const { id } = (await post({ name: "theirs", project: "elsewhere", ...slack })).body as { id: string };
    for (const key of [id, "theirs"]) {
      expect(await api.ask("GET", `${URL}/${key}`)).toMatchObject({ status: 404 });
      expect(await api.ask("DELETE", `${URL}/${key}`)).toMatchObject({ status: 404 });
    }
    expect((await api.ask("GET", `${URL}?limit=200`)).text).not.toContain("theirs");
    expect(await api.ask("GET", `${URL}/theirs?project=elsewhere`)).toMatchObject({ status: 200 });
  });
});

test("only administrators write channels and integrations, each within the reach of the token", async () => {
  const guarded = await testApp({ auth: true, database: api.database });
  const call = async (token: string, method: "GET" | "POST" | "PUT" | "DELETE", url: string, body?: object) =>
    (await guarded.ask(method, url, { headers: { authorization: `Bearer ${token}` }, ...(body && { body }) })).status;
  const token = async (name: string, role: string, environment: string | null = null) =>
    ((await api.ask("POST", "/v1/tokens", { body: { name, role, environment } })).body as { token: string }).token;
  const approver = await token("approver", "approver");
  const admin = await token("admin", "admin");
  const staging = await token("staging-admin", "admin", "staging");
  const here = { name: "guarded", ...slack };
  expect(await call(approver, "POST", URL, here)).toBe(403);
  expect(await call(staging, "POST", URL, here)).toBe(403);
  expect(await call(staging, "POST", URL, { ...here, filter: { environment: "production" } })).toBe(403);
  expect(await call(staging, "POST", URL, { ...here, name: "of-staging", filter: { environment: "staging" } })).toBe(
    201,
  );
  expect(await call(admin, "POST", URL, here)).toBe(201);
  for (const path of ["", "/guarded", "/guarded/deliveries"]) expect(await call(approver, "GET", URL + path)).toBe(200);
  for (const path of ["/guarded/test", "/guarded/rotate"]) expect(await call(approver, "POST", URL + path)).toBe(403);
  expect(await call(approver, "PUT", `${URL}/guarded`, slack)).toBe(403);
  expect(await call(staging, "DELETE", `${URL}/guarded`)).toBe(403);
  const service = { health: { address: "127.0.0.1:8200" } };
  expect(await call(approver, "PUT", "/v1/integrations/orchestrator", service)).toBe(403);
  expect(await call(staging, "PUT", "/v1/integrations/orchestrator", service)).toBe(403);
  expect(await call(admin, "PUT", "/v1/integrations/orchestrator", service)).toBe(201);
  await guarded.app.close();
});
