import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";

/** The peer: node:http and nothing else. What is put is the answer to everything from then on. Prints its port. */
let body = Buffer.alloc(0);
const server = createServer(async (request, response) => {
  if (request.method === "PUT") body = await buffer(request);
  response.writeHead(200, [
    ...["content-type", "application/json; charset=utf-8", "cache-control", "private, no-cache"],
    ...["x-content-type-options", "nosniff", "etag", '"0123456789012345678901"'],
    ...["content-length", String(body.length)],
  ]);
  response.end(body);
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
});
