import { connect, type TLSSocket } from "node:tls";
import { failed, type Outcome, passed, type TestContext } from "../planned.ts";

const HANDSHAKE_MS = 10_000;

/** (3) Who encrypts. `native` is put to the proof: a handshake, and plain HTTP must not be served on the same port. */
export async function transport(context: TestContext): Promise<Outcome> {
  const { tls } = context.run.options.security;
  switch (tls) {
    case "terminated-by-gateway":
      return passed(
        "Declared: what stands before the candidate encrypts, and the candidate is asked in the clear; declaring `none` would have failed it.",
      );
    case "mesh":
      return passed(
        "Declared: a mesh around the candidate encrypts, which is not seen from here; declaring `none` would have failed it.",
      );
    case "none":
      return failed(
        "Declared as `none`: nobody encrypts; it passes with `terminated-by-gateway`, `mesh`, or `native` and a handshake that succeeds.",
      );
    case "native":
      return native(context);
  }
}

async function native({ instance, signal, ask, run }: TestContext): Promise<Outcome> {
  const seen = await handshake(instance, signal);
  if (typeof seen === "string") {
    return failed(
      `The TLS handshake with ${instance.host}:${instance.port} failed: ${seen}; it passes with TLS 1.2 or 1.3.`,
    );
  }
  const { protocol, validFrom, validTo } = seen;
  const logs = [`handshake: ${protocol}, certificate valid from ${validFrom} to ${validTo}`];
  const now = run.now();
  if (!(Date.parse(validFrom) <= now && now <= Date.parse(validTo))) {
    return failed(
      `The certificate is valid from ${validFrom} to ${validTo}, not now; it passes with one that is valid.`,
      { logs },
    );
  }
  const plain = await ask({ path: run.options.request.path, tls: false });
  if (plain.answered && plain.answer.status < 300) {
    return failed(
      `It speaks ${protocol}, but answered ${plain.answer.status} to plain HTTP on the same port; it passes when that is refused or redirected.`,
      { logs },
    );
  }
  return passed(
    `It spoke ${protocol} with a certificate valid to ${validTo} and did not serve plain HTTP, in 2 connections; either would have failed it.`,
    { logs },
  );
}

interface Handshake {
  protocol: string;
  validFrom: string;
  validTo: string;
}

/** What was agreed, or why nothing was. */
async function handshake(
  { host, port }: { host: string; port: number },
  signal: AbortSignal,
): Promise<Handshake | string> {
  const { promise, resolve } = Promise.withResolvers<Handshake | string>();
  // The name is not verified: no certificate names an instance's address. Version and dates are.
  const socket: TLSSocket = connect({ host, port, minVersion: "TLSv1.2", rejectUnauthorized: false }, () => {
    const { valid_from, valid_to } = socket.getPeerCertificate();
    resolve({ protocol: socket.getProtocol() ?? "an unknown protocol", validFrom: valid_from, validTo: valid_to });
  });
  const timer = setTimeout(() => resolve(`no handshake within ${HANDSHAKE_MS / 1_000} s`), HANDSHAKE_MS);
  const abort = () => resolve("aborted");
  signal.addEventListener("abort", abort, { once: true });
  socket.on("error", (error) => resolve(error.message));
  socket.on("close", () => resolve("the connection was closed"));
  try {
    const outcome = await promise;
    signal.throwIfAborted();
    return outcome;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    socket.destroy();
  }
}
