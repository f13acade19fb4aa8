import { disclosures } from "@sluice/core";
import { type AskRequest, failed, type Outcome, passed, type TestContext } from "../planned.ts";

/** (5) Answers to bad requests name neither the software nor the lines of code that stumbled. */
export async function errorDisclosure({ run, ask }: TestContext): Promise<Outcome> {
  const { path } = run.options.request;
  const provocations = provoke(path);
  const found: string[] = [];
  const logs: string[] = [];
  let answers = 0;
  for (const { what, request } of provocations) {
    const outcome = await ask(request);
    if (!outcome.answered) {
      logs.push(`${what}: ${outcome.reason}`);
      continue;
    }
    answers += 1;
    const told = disclosures(outcome.answer);
    logs.push(`${what}: ${outcome.answer.status}${told.length === 0 ? "" : `, tells ${told.join("; ")}`}`);
    found.push(...told.map((tale) => `${what} tells ${tale}`));
  }
  const metrics = { requests: provocations.length, answers, disclosures: found.length };
  if (answers === 0) {
    return failed(`None of ${provocations.length} bad requests was answered, so nothing shows how errors look.`, {
      logs,
      metrics,
    });
  }
  return found.length === 0
    ? passed(
        `${answers} answers to ${provocations.length} bad requests held no stack trace and no server's version; one would have failed it.`,
        { logs, metrics },
      )
    : failed(
        `Answers to bad requests tell too much (${found.length} findings in ${answers} answers): ${found.slice(0, 3).join("; ")}; it passes without any.`,
        { logs, metrics },
      );
}

/** Requests that programs like to stumble over. */
function provoke(path: string): { what: string; request: AskRequest }[] {
  const json = { "content-type": "application/json" };
  const query = path.includes("?") ? "&" : "?";
  return [
    { what: "a path that does not exist", request: { path: "/sluice-test/there-is-no-such-path" } },
    { what: "a malformed percent-encoding", request: { path: "/%E0%A4%A" } },
    { what: "a path upwards", request: { path: "/..%2f..%2fetc%2fpasswd" } },
    { what: "malformed JSON", request: { path, method: "POST", headers: json, body: '{"broken": [1, 2' } },
    { what: "JSON of another shape", request: { path, method: "POST", headers: json, body: "[[[null]]]" } },
    { what: "null instead of an object", request: { path, method: "POST", headers: json, body: "null" } },
    {
      what: "an unknown content type",
      request: { path, method: "POST", headers: { "content-type": "x/y" }, body: "?" },
    },
    { what: "a quotation mark in a parameter", request: { path: `${path}${query}id=%27%22%3B--&page=-1` } },
    { what: "a null byte in a parameter", request: { path: `${path}${query}id=%00` } },
  ];
}
