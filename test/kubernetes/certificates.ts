import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Paths of a certificate and its key, both PEM. */
export interface Certificate {
  certificate: string;
  key: string;
}

export interface Authority extends Certificate {
  /** The authority's certificate, for clients. */
  pem: string;
  /** Writes a certificate signed by it. `names` as openssl has them: `IP:127.0.0.1`, `DNS:host`. */
  sign(name: string, names: string[]): Promise<Certificate>;
}

/** A certificate authority of its own in a folder, for one test run. */
export async function createAuthority(folder: string, name: string): Promise<Authority> {
  const pathsOf = (of: string): Certificate => ({
    certificate: join(folder, `${of}.crt`),
    key: join(folder, `${of}.key`),
  });
  const own = pathsOf(name);
  await request(name, own, ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"], []);
  return {
    ...own,
    pem: await readFile(own.certificate, "utf8"),
    sign: async (subject, names) => {
      const paths = pathsOf(subject);
      const extensions = [
        "basicConstraints=critical,CA:FALSE",
        "keyUsage=critical,digitalSignature",
        "extendedKeyUsage=serverAuth,clientAuth",
        ...(names.length === 0 ? [] : [`subjectAltName=${names.join(",")}`]),
      ];
      await request(subject, paths, extensions, ["-CA", own.certificate, "-CAkey", own.key]);
      return paths;
    },
  };
}

async function request(subject: string, paths: Certificate, extensions: string[], signer: string[]): Promise<void> {
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-keyout", paths.key];
  const added = extensions.flatMap((extension) => ["-addext", extension]);
  const common = ["req", "-x509", "-days", "30", "-subj", `/CN=${subject}`, "-out", paths.certificate];
  // An empty configuration: the machine's own would add extensions of its choice.
  await execute("openssl", [...common, "-config", "/dev/null", ...key, ...added, ...signer]);
}
