import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";

interface TestMail extends Email {
  /** Who logged in; null for nobody. */
  user: string | null;
  secure: boolean;
  recipients: string[];
}

export interface TestMailServer {
  port: number;
  mails: TestMail[];
  close(): Promise<void>;
}

/** A real SMTP server on this machine that keeps what it is sent; with `user` and `password` it wants them. */
export async function startMailServer(
  options: SMTPServerOptions & { password?: string } = {},
): Promise<TestMailServer> {
  const mails: TestMail[] = [];
  const { password, ...given } = options;
  const server = new SMTPServer({
    authOptional: password === undefined,
    onAuth({ username = "", password: tried }, _session, done) {
      if (tried === password) done(null, { user: username });
      else done(Object.assign(new Error(`wrong password ${tried}`), { responseCode: 535 }));
    },
    onData(stream, session, done) {
      text(stream)
        .then(async (raw) => {
          const { user, secure, envelope } = session;
          const recipients = envelope.rcptTo.map(({ address }) => address);
          mails.push({
            ...(await PostalMime.parse(raw)),
            user: user === undefined ? null : String(user),
            secure,
            recipients,
          });
          done();
        })
        .catch(done);
    },
    logger: false,
    ...given,
  });
  // A conversation that breaks off is what some tests are about.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return { port, mails, close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** A key and a certificate for 127.0.0.1 that nobody trusts; null where there is no `openssl`. */
export function selfSigned(): { key: string; cert: string } | null {
  const folder = mkdtempSync(join(tmpdir(), "sluice-tls-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const made = spawnSync("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"],
      ...["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
    ]);
    return made.status === 0 ? { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") } : null;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
