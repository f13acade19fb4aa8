import { processOptions, USAGE } from "./config.ts";
import { createModelServer } from "./model.server.ts";
import { loadOnnx } from "./onnx.model.ts";

/** Serves a model of ONNX until SIGTERM; with `--check` it only tries to load it. Ends with 2 for a wrong command line. */

function complain(error: unknown, code: number): never {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${code === 2 ? `${USAGE}\n` : ""}`);
  process.exit(code);
}

function options() {
  try {
    return processOptions();
  } catch (error) {
    return complain(error, 2);
  }
}

const given = options();
const model = await loadOnnx(given.model, given.threads).catch((error: unknown) => complain(error, 1));
if (given.check) {
  await model.release();
  process.exit(0);
}
const app = createModelServer(model, given);
const address = await app.listen({ host: given.host, port: given.port }).catch((error: unknown) => complain(error, 1));
process.stdout.write(`serving ${given.name} ${given.version} at ${address}\n`);

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  app.close().then(
    () => process.exit(0),
    (error: unknown) => complain(error, 1),
  );
};
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
