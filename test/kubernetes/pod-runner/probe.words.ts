/** What a kubelet says of a request or connection that failed: Go's words, for Node's errors. */
export function wordsFor(error: unknown, address: string): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ECONNREFUSED":
      return `dial tcp ${address}: connect: connection refused`;
    case "EHOSTUNREACH":
      return `dial tcp ${address}: connect: no route to host`;
    case "ECONNRESET":
      return "read: connection reset by peer";
    case "UND_ERR_SOCKET":
      return "EOF";
    case "UND_ERR_CONNECT_TIMEOUT":
      return `dial tcp ${address}: i/o timeout`;
  }
  const name = error instanceof Error ? error.name : "";
  if (name === "HTTPParserError") return "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
  if (name === "TimeoutError") return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
  return error instanceof Error ? error.message : String(error);
}
