import { createServer } from "node:http";

/** The instance behind every proxy of the bench: a small JSON answer. Prints its port. */
const body = Buffer.from('{"greeting":"hello","number":12345}');
const server = createServer((_request, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" ? address?.port : ""}\n`);
});
