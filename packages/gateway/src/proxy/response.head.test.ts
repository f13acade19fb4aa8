import { expect, test } from "vitest";
import { flatHeaders, responseHeaders } from "./response.head.ts";

test("an answer's head keeps repeated headers and trailers' names, loses what concerns one connection, and names the revision", () => {
  const flat = responseHeaders(
    flatHeaders({
      "content-type": "text/plain",
      "set-cookie": ["a=1", "b=2"],
      connection: "close, X-Private",
      "x-private": "1",
      "transfer-encoding": "chunked",
      "keep-alive": "timeout=5",
      upgrade: "h2c",
      trailer: "x-sum",
      "x-sluice-revision": "forged",
    }),
    "7",
  );
  expect(flat).toEqual([
    ...["content-type", "text/plain", "set-cookie", "a=1", "set-cookie", "b=2", "trailer", "x-sum"],
    ...["x-sluice-revision", "7"],
  ]);
});
