import { afterAll, beforeAll, expect, test } from "vitest";
import { filled } from "../access/testing/places.ts";
import { type TwoProjects, twoProjects } from "../access/testing/two.projects.ts";
import { type Operation, operationsOf } from "../testing/operations.ts";

/** Every write of every surface may be sent again with its Idempotency-Key: one change, one answer. */
let two: TwoProjects;
let writes: Operation[];
beforeAll(async () => {
  two = await twoProjects();
  const operations = await operationsOf(two.api);
  writes = operations.filter(({ method, id }) => method !== "GET" && !OTHERWISE.has(id));
});
afterAll(() => two.close());

/** They change nothing, or are repeatable by what they are; each has tests of its own for that. */
const OTHERWISE = new Set([
  ...["renderPrompt", "evaluateFlag", "evaluateFlags", "planRollout"],
  ...["createSession", "deleteSession"],
  ...["fireTrigger", "uploadModel", "deployModel", "deleteModelDeployment", "createBatch"],
  ...["createModelUpload", "sendModelUpload", "deleteModelUpload"],
]);
/** Their answers hold a secret, which is shown once. */
const SECRET = new Set([
  ...["createNotification", "rotateNotificationSecret", "putIntegration", "createToken", "createTrigger"],
  "rotateTrigger",
]);

test("every write that was carried out is answered the same again, and is not carried out again", async () => {
  const headers = { authorization: `Bearer ${two.owner}`, accept: "application/json" };
  const kept = async () =>
    Number((await two.api.database.pool.query("select count(*) as count from audit_entries")).rows[0]?.count);
  const carriedOut: string[] = [];
  const wrong: string[] = [];
  // What is deleted is deleted last.
  const ordered = [...writes].sort(
    (left, right) => Number(left.method === "DELETE") - Number(right.method === "DELETE"),
  );
  for (const { method, path, id, body } of ordered) {
    const url = filled(path, two.real);
    const send = () =>
      two.api.ask(method, url, {
        headers: { ...headers, "idempotency-key": `key-of-${id}` },
        ...(body !== undefined && { body }),
      });
    const first = await send();
    if (first.status >= 300) continue;
    carriedOut.push(id);
    const before = await kept();
    const again = await send();
    const isSame = SECRET.has(id)
      ? again.status === 409
      : again.status === first.status && again.headers["idempotency-replayed"] === "true";
    const isEqual = SECRET.has(id) || sorted(again.body) === sorted(first.body);
    if (!isSame || !isEqual || (await kept()) !== before) {
      wrong.push(
        `${id}: ${first.status} ${first.text.slice(0, 200)}, then ${again.status} ${again.text.slice(0, 200)}`,
      );
    }
  }
  expect(wrong).toEqual([]);
  // Requests that are all refused would say nothing.
  expect(carriedOut.length, carriedOut.join(", ")).toBeGreaterThan(40);
});

/** The database keeps an answer's fields in an order of its own. */
const sorted = (body: unknown): string =>
  JSON.stringify(body, body === null || typeof body !== "object" ? null : keysOf(body));

const keysOf = (value: object): string[] => {
  const keys = new Set<string>();
  JSON.stringify(value, (key, inner) => {
    keys.add(key);
    return inner;
  });
  return [...keys].sort();
};
