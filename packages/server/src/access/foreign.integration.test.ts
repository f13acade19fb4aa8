import { afterAll, beforeAll, expect, test } from "vitest";
import { type Method, type Operation, operationsOf } from "../testing/operations.ts";
import { filled, isOfNoProject } from "./testing/places.ts";
import { MARK, type Things, type TwoProjects, twoProjects } from "./testing/two.projects.ts";

/**
 * Somebody else's project is not there: whoever asks for what it has is answered exactly as for what is nowhere, on every
 * operation of the OpenAPI document, those of tomorrow included. Nothing is read, changed, or told to exist.
 */
let two: TwoProjects;
let operations: Operation[];
beforeAll(async () => {
  two = await twoProjects();
  operations = await operationsOf(two.api);
});
afterAll(() => two.close());

function ask(method: Method, url: string, body?: object) {
  const headers = { authorization: `Bearer ${two.stranger}`, accept: "application/json" };
  return two.api.ask(method, url, { headers, ...(body !== undefined && { body }) });
}

/** What the stranger is answered, without what differs from request to request. */
async function told(method: Method, url: string, body: object | undefined, things: Things) {
  const { status, text } = await ask(method, url, body);
  return { status, text: neutral(text, things) };
}

function neutral(text: string, things: Things): string {
  const names = Object.entries(things).sort(([, left], [, right]) => right.length - left.length);
  const words = [MARK, "nobody"].reduce((rest, word) => rest.replaceAll(word, "<it>"), text);
  const hidden = names.reduce((rest, [, name]) => (name.length < 6 ? rest : rest.replaceAll(name, "<it>")), words);
  return hidden
    .replaceAll(/urn:uuid:[-0-9a-f]+/g, "<request>")
    .replaceAll(/\b(\d)\b|\b77\b/g, "<number>")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>");
}

/** Everything that the database has of a project, or of all, but for when a token was shown last. */
async function state(project?: string): Promise<Record<string, string>> {
  const { rows } = await two.api.database.pool.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public'`,
  );
  const states: Record<string, string> = {};
  for (const { name } of rows) {
    const { rows: found } = await two.api.database.pool.query<{ all: string }>(
      `select coalesce(md5(string_agg(row, e'\\n' order by row)), '') as all from (select (to_jsonb(t) - 'last_used_at')::text as row from ${name} t
            where $1::text is null or to_jsonb(t) ->> 'project' = $1) rows`,
      [project],
    );
    states[name] = found[0]?.all ?? "";
  }
  return states;
}

/** A name of the stranger's own project: the same word there is nobody else's. Nodes belong to the whole server. */
const makesItsOwn = ({ method, path }: Operation): boolean => method === "PUT" && path.endsWith("/{name}");
/** Read as a form, or by their headers: see the tests of uploads. */
const FORMS = new Set(["uploadModel", "createModelUpload", "sendModelUpload"]);

/** What tells the one from the other; nothing, when both are not there. */
async function leakOf({ method, id, body }: Operation, real: string, bogus: string): Promise<string[]> {
  const there = await told(method, real, body, two.real);
  const nowhere = await told(method, bogus, body, two.bogus);
  const isRefused = there.status === 404 || (there.status === 403 && real.includes("=default"));
  if (isRefused && there.status === nowhere.status && there.text === nowhere.text) return [];
  return [`${id} ${real}: ${JSON.stringify({ there, nowhere })}`];
}

/** The same things by the names that some of them have besides their ids. */
const byName = (things: Things, name: string): Things => ({
  ...things,
  ...{ deployment: name, prompt: `${name}-prompt`, channel: name, trigger: name, schedule: name },
});

test("what another project has is answered as what is nowhere, on every operation that names something", async () => {
  const before = await state();
  const asked = operations.filter(({ path, id }) => path.includes("{") && !FORMS.has(id) && !isOfNoProject(path));
  expect(asked.length).toBeGreaterThan(90);
  const leaks: string[] = [];
  for (const operation of asked) {
    const { path, project } = operation;
    const paths = [
      [filled(path, two.real), filled(path, two.bogus)] as const,
      [filled(path, byName(two.real, MARK)), filled(path, byName(two.bogus, "nobody"))] as const,
    ];
    const queries = [...(makesItsOwn(operation) ? [] : [""]), ...(project === null ? [] : [`?${project}=default`])];
    for (const [real, bogus] of paths[0]?.[0] === paths[1]?.[0] ? paths.slice(1) : paths) {
      for (const query of queries) leaks.push(...(await leakOf(operation, `${real}${query}`, `${bogus}${query}`)));
    }
  }
  expect(leaks).toEqual([]);
  expect(await state()).toEqual(before);
});

test("no list holds anything of another project, whatever it is asked for", async () => {
  const lists = operations.filter(
    ({ method, path }) => method === "GET" && !path.includes("{") && !isOfNoProject(path),
  );
  expect(lists.length).toBeGreaterThan(25);
  const filters = [
    ...(["deployment", "rollout", "artifact", "environment"] as const).map((name) => `${name}=${two.real[name]}`),
    ...[`name=${MARK}`, `workflow=${MARK}`, `agent_id=${MARK}-agent`, `pipeline_name=${MARK}`],
    ...[`subject=${two.real.rollout}`, `kind=application&artifact=${MARK}`],
  ];
  const marks = [MARK, ...Object.values(two.real).filter((id) => /^[a-z]{3}_/.test(id))];
  const shown: string[] = [];
  for (const { path, project } of lists) {
    const named = project === null ? [] : [`${project}=default`, ...filters.map((one) => `${project}=default&${one}`)];
    for (const query of ["", ...filters, ...named]) {
      const { status, text } = await ask("GET", `${path}?${query}`);
      // A refusal repeats what was asked for.
      if (status < 300 && marks.some((mark) => text.includes(mark))) shown.push(`${path}?${query}: ${text}`);
    }
  }
  expect(shown).toEqual([]);
});

const WHERE = { environment: "development", version: "1.0.0" };
/** What is made of, or told about, something that a body names. */
const NAMING: readonly (readonly [url: string, body: (things: Things) => object])[] = [
  ["/v1/deployments", ({ artifact }) => ({ name: "mine", artifact, ...WHERE })],
  ["/v1/deployments", ({ artifact }) => ({ name: "mine", artifact, ...WHERE, project: "default" })],
  ["/v1/rollouts/plan", ({ artifact }) => ({ name: "mine", artifact, ...WHERE })],
  ["/v1/rollouts/plan", ({ deployment }) => ({ deployment, version: "1.0.0" })],
  [
    "/v1/evaluations",
    ({ artifact }) => ({ artifact, version: "1.0.0", dataset: "d", metrics: { score: 1 }, sampleCount: 9 }),
  ],
  ["/v1/feedback", ({ prompt }) => ({ deployment: prompt, revision: 1, score: 0.9 })],
  ["/v1/feedback/batch", ({ prompt }) => ({ deployment: prompt, reports: [{ revision: 1, score: 0.9 }] })],
  ["/v1/workflow-runs", ({ workflow }) => ({ workflow })],
  ["/v1/jobs", ({ artifact }) => ({ artifact, ...WHERE })],
  ["/deploy", ({ artifact }) => ({ agent_id: `${artifact}-agent` })],
  ["/rollback", ({ agentRollout }) => ({ deployment_id: agentRollout, rollback_reason: "why" })],
  [
    "/api/v1/batches",
    ({ modelDeployment }) => ({ deployment_id: Number(modelDeployment), input: "s3://models/x.csv" }),
  ],
  ["/api/v1/pipelines/deployments", ({ artifact }) => pipelineOf(artifact, "default")],
  ["/api/v1/pipelines/deployments", ({ artifact }) => pipelineOf(`${artifact}-pipeline`, "other")],
];

const deployOf = (deployment: string) => ({ type: "deploy", deployment, ...WHERE });
const pipelineOf = (name: string, namespace: string) => ({
  ...{ pipeline_name: name, deployment_name: "mine", namespace, target_nodes: { place: "here" } },
});

test.each(NAMING)("POST %s with what another project has is answered as with what is nowhere", async (url, body) => {
  const before = await state();
  const there = await told("POST", url, body(two.real), two.real);
  const nowhere = await told("POST", url, body(two.bogus), two.bogus);
  expect(there).toEqual(nowhere);
  expect([403, 404]).toContain(there.status);
  expect(await state()).toEqual(before);
});

test("flags and figures are of one's own project", async () => {
  expect((await ask("POST", "/ofrep/v1/evaluate/flags", { context: {} })).body).toMatchObject({ flags: [] });
  const authorization = `Bearer ${two.stranger}`;
  for (const headers of [{ authorization }, { authorization, accept: "application/json" }]) {
    const { status, text } = await two.api.ask("GET", "/metrics", { headers });
    expect([status, text.includes(MARK)]).toEqual([200, false]);
  }
});

/** What is to be done later is looked up when it is done, in the project of whoever wanted it. */
test.each([
  ["trigger", "/v1/triggers", "fire", ({ deployment }: Things) => ({ source: "manual", action: deployOf(deployment) })],
  [
    "schedule",
    "/v1/schedules",
    "run",
    ({ deployment }: Things) => ({ schedule: "0 3 * * *", action: deployOf(deployment) }),
  ],
] as const)("a %s does nothing with what another project has", async (_what, url, act, wanted) => {
  const outcomes = [];
  const before = await state("default");
  for (const things of [two.real, two.bogus]) {
    const { body } = await ask("POST", url, { name: `mine-${things === two.real}`, ...wanted(things) });
    const { id } = body as { id: string };
    const { status, body: done } = await ask("POST", `${url}/${id}/${act}`, {});
    const { outcome, reason, rollouts } = done as { outcome: string; reason: string; rollouts: string[] };
    expect({ status, outcome, rollouts }).toEqual({ status: 202, outcome: "failed", rollouts: [] });
    outcomes.push(neutral(reason, things));
  }
  expect(outcomes[0]).toBe(outcomes[1]);
  expect(await state("default")).toEqual(before);
});

test("by gRPC too, what another project has is answered as what is nowhere", async () => {
  const service = "delos.deploy.v1.DeployService";
  const promptRollout = (await two.api.services.rollouts.list(ROOT, { deployment: two.real.prompt, limit: 1 }))
    .items[0];
  const ids = [promptRollout?.id ?? "", two.bogus.rollout] as const;
  expect(ids[0]).toMatch(/^rol_/);
  const before = await state();
  const ask = async (method: string, request: object, id: string) =>
    two.grpc.call(`${service}/${method}`, request, { token: two.stranger }).then(
      (answer) => ({ answer }),
      ({ code, message }) => ({ code, message: String(message).replaceAll(id, "<it>") }),
    );
  for (const method of [
    "GetDeployment",
    "GetDeploymentStatus",
    "ApproveDeployment",
    "RollbackDeployment",
    "CancelDeployment",
  ]) {
    const [there, nowhere] = [await ask(method, { id: ids[0] }, ids[0]), await ask(method, { id: ids[1] }, ids[1])];
    expect(there, method).toEqual(nowhere);
    expect(there, method).toMatchObject({ code: "NOT_FOUND" });
  }
  const naming = (method: string, prompt_id: string) =>
    ask(method, { prompt_id, to_version: 1, environment: "development", name: "mine", ...GATE }, prompt_id);
  for (const method of ["CreateDeployment", "ListDeployments", "ListQualityGates"]) {
    expect(await naming(method, `${MARK}-prompt`), method).toEqual(await naming(method, "nobody-prompt"));
  }
  expect(await state()).toEqual(before);
});

const ROOT = { name: "root", role: "admin" as const, project: null, environment: null };
const GATE = { conditions: [] };
