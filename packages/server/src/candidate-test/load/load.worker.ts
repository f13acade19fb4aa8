import { parentPort, workerData } from "node:worker_threads";
import autocannon from "autocannon";
import { createLoadMeter } from "./connection.meter.ts";
import type { LoadSpec } from "./load.types.ts";

/** Bytes of one answer; a candidate that sends more is not load-tested to the end. */
const MAX_ANSWER = 16_777_216;
/** With so many failures, and more failures than successes, the outcome is settled and a dead candidate is left alone. */
const SETTLED_FAILURES = 2_000;
/** Requests are given up after this many times the limit: late ones are seen as late, dead ones do not hold a connection. */
const PATIENCE = 2;

/** One load test in a thread of its own: the control plane's event loop has other things to do. Posts its figures. */
const spec: LoadSpec = workerData;
const meter = createLoadMeter(spec.limitMs);
let stoppedEarly: string | null = null;

const options: autocannon.Options = {
  url: spec.urls[0] ?? "",
  method: methodOf(spec.method),
  headers: { ...spec.headers },
  ...(spec.body !== null && { body: spec.body }),
  connections: spec.connections,
  duration: spec.seconds,
  timeout: Math.max(1, Math.ceil((PATIENCE * spec.limitMs) / 1_000)),
  setupClient: watch,
};
// Its type knows one address; given a list, it deals its connections to them.
const ended = Promise.withResolvers<void>();
const instance = autocannon(Object.assign(options, { url: [...spec.urls] }), (error) =>
  error == null ? ended.resolve() : ended.reject(error),
);

const began = performance.now();
const checks = setInterval(() => {
  const { requests, failed } = meter.counts();
  if (failed >= SETTLED_FAILURES && failed * 2 > requests) stop(`${failed} of ${requests} requests had failed`);
}, 50);

await ended.promise;
clearInterval(checks);
const now = performance.now();
parentPort?.postMessage(meter.figures(now, { seconds: (now - began) / 1_000, stoppedEarly }));

function watch(client: autocannon.Client): void {
  const connection = meter.connection();
  let received = 0;
  const listen = (event: string, listener: (...received: unknown[]) => void) => client.addListener(event, listener);
  listen("request", () => {
    forgetLostRequests(client);
    connection.requested(performance.now());
  });
  listen("headers", (head) => {
    received = 0;
    connection.headed({
      keepAlive: typeof head === "object" && head !== null && Reflect.get(head, "shouldKeepAlive") === true,
    });
  });
  listen("body", (part) => {
    received += Buffer.isBuffer(part) ? part.length : 0;
    if (received > MAX_ANSWER) stop(`an answer had more than ${MAX_ANSWER / 1_048_576} MiB`);
  });
  listen("response", (status) => connection.answered(Number(status), performance.now()));
}

function stop(why: string): void {
  stoppedEarly ??= why;
  instance.stop();
}

/**
 * A connection that was closed leaves its request in the generator's queue for ever, one for each answer of a server that
 * closes after every one. With one request at a time the queue is empty whenever the next is written.
 */
function forgetLostRequests(client: autocannon.Client): void {
  const queue: unknown = Reflect.get(client, "pipelinedRequests");
  if (typeof queue === "object" && queue !== null && "clear" in queue && typeof queue.clear === "function")
    queue.clear();
}

function methodOf(method: string): NonNullable<autocannon.Request["method"]> {
  switch (method) {
    case "GET":
    case "HEAD":
    case "POST":
    case "PUT":
    case "PATCH":
    case "DELETE":
    case "OPTIONS":
      return method;
    default:
      throw new TypeError(`${method} is not a method that a load test sends`);
  }
}
