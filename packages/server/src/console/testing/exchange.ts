import { type IncomingHttpHeaders, request } from "node:http";
import { text } from "node:stream/consumers";

export interface Exchanged {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

/** One request with exactly these headers and this path: `fetch` writes some of a browser's headers itself, and tidies paths. */
export async function exchange(
  address: string,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: object } = {},
): Promise<Exchanged> {
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>();
  const { hostname, port } = new URL(address);
  const sent = request(
    {
      ...{ hostname, port, method, path, agent: false },
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
    },
    (response) => {
      text(response).then(
        (answer) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answer }),
        reject,
      );
    },
  );
  sent.on("error", reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

/** The cookies of an answer as a browser sends them back: `name=value`. */
export const cookiesOf = ({ headers }: Exchanged): string =>
  (headers["set-cookie"] ?? []).map((cookie) => cookie.split(";")[0]).join("; ");
