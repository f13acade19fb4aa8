import { describe, expect, test } from "vitest";
import { ApiError, UnreachableError } from "./api-error.ts";
import { createTransport } from "./transport.ts";

const URL_OF_SERVER = "http://127.0.0.1:1";
const problem = {
  type: "about:blank",
  title: "Failed precondition",
  status: 409,
  detail: "approve is not allowed in phase shifting; allowed: pause, rollback",
  code: "failed_precondition",
};

/** A fetch that plays these answers in turn and keeps what it was asked. */
function script(...answers: (Response | Error)[]) {
  const asked: Request[] = [];
  const fetch = async (request: Request): Promise<Response> => {
    asked.push(request);
    const answer = answers[asked.length - 1];
    if (answer === undefined) throw new Error("asked more often than the script says");
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, fetch };
}

describe("transport", () => {
  test("sends the token, and an idempotency key with writes only", async () => {
    const { asked, fetch } = script(new Response("{}"), new Response("{}"));
    const transport = createTransport({ url: URL_OF_SERVER, token: "secret", fetch });
    await transport(new Request(URL_OF_SERVER));
    await transport(new Request(URL_OF_SERVER, { method: "POST", body: "{}" }));
    expect(asked.map((request) => request.headers.get("authorization"))).toEqual(["Bearer secret", "Bearer secret"]);
    expect(asked[0]?.headers.get("idempotency-key")).toBeNull();
    expect(asked[1]?.headers.get("idempotency-key")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("sends a write whose answer was lost once more, with the same key and body", async () => {
    const { asked, fetch } = script(new TypeError("fetch failed"), new Response("{}"));
    await createTransport({ url: URL_OF_SERVER, fetch })(
      new Request(URL_OF_SERVER, { method: "POST", body: '{"a":1}' }),
    );
    expect(asked).toHaveLength(2);
    expect(asked[1]?.headers.get("idempotency-key")).toBe(asked[0]?.headers.get("idempotency-key"));
    expect(await asked[1]?.text()).toBe('{"a":1}');
  });

  test("throws what a problem+json says", async () => {
    const { fetch } = script(new Response(JSON.stringify(problem), { status: 409 }));
    const call = createTransport({ url: URL_OF_SERVER, fetch })(new Request(URL_OF_SERVER));
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 409, message: problem.detail, problem });
  });

  test("says so when the answer is not Sluice's", async () => {
    const { fetch } = script(new Response("<h1>Bad gateway</h1>", { status: 502 }));
    const call = createTransport({ url: URL_OF_SERVER, fetch })(new Request(URL_OF_SERVER));
    await expect(call).rejects.toThrow(/answered 502, not as Sluice does: <h1>Bad gateway/);
  });

  test("names the address and the reason when nothing answers", async () => {
    const refused = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED 127.0.0.1:1") });
    const { fetch } = script(refused, refused);
    const call = createTransport({ url: URL_OF_SERVER, fetch })(new Request(URL_OF_SERVER));
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: `no answer from ${URL_OF_SERVER}: connect ECONNREFUSED 127.0.0.1:1` });
  });

  test("comes back when the server says that it may, and gives up after three times", async () => {
    const later = () => new Response("{}", { status: 429, headers: { "retry-after": "0" } });
    const once = script(later(), new Response("{}"));
    const request = () => new Request(URL_OF_SERVER, { method: "POST", body: "{}" });
    expect((await createTransport({ url: URL_OF_SERVER, fetch: once.fetch })(request())).status).toBe(200);
    expect(once.asked[1]?.headers.get("idempotency-key")).toBe(once.asked[0]?.headers.get("idempotency-key"));
    const often = script(later(), later(), later());
    await expect(createTransport({ url: URL_OF_SERVER, fetch: often.fetch })(request())).rejects.toThrow(ApiError);
    expect(often.asked).toHaveLength(3);
  });

  test("hands an abort on as it is and does not try again", async () => {
    const { asked, fetch } = script(new DOMException("aborted", "AbortError"));
    const request = new Request(URL_OF_SERVER, { signal: AbortSignal.abort() });
    await expect(createTransport({ url: URL_OF_SERVER, fetch })(request)).rejects.toThrow("aborted");
    expect(asked).toHaveLength(1);
  });
});
