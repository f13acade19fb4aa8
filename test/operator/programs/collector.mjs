import { readFileSync } from "node:fs";
import { createServer } from "node:http";

/** In the place of a collector where only its being there matters: answers as one does, with what it was told to run. */
const { PORT, HOST, SLUICE_PIPELINE_FILE, SLUICE_NODE, SLUICE_REPLICA } = process.env;
const content = JSON.parse(readFileSync(SLUICE_PIPELINE_FILE, "utf8"));
if (JSON.stringify(content).includes("fall-over")) {
  process.stderr.write("this configuration cannot be run\n");
  process.exit(1);
}
const server = createServer((request, response) => {
  const about = { node: SLUICE_NODE, replica: Number(SLUICE_REPLICA), role: "active", content };
  response.end(request.url === "/healthz" ? "ok\n" : JSON.stringify(about));
});
server.listen(Number(PORT), HOST);
process.on("SIGTERM", () => process.exit(0));
