import { SluiceError } from "@sluice/core";

interface Asked {
  method: string;
  host: string | undefined;
  /** `Origin` and `Sec-Fetch-Site` as browsers send them; no page can set them. */
  origin: string | undefined;
  site: string | undefined;
}

const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * What a cookie authenticates may change something only when a page of ours asks. `SameSite=Strict` keeps other sites out
 * already, but not other ports of the same host.
 *
 * @throws `permission_denied`
 */
export function refuseOtherPages({ method, host, origin, site }: Asked): void {
  if (SAFE.has(method) || site === "same-origin") return;
  if (site === undefined && origin !== undefined && URL.parse(origin)?.host === host) return;
  throw new SluiceError(
    "permission_denied",
    `a page of ${origin ?? "nowhere"} may not use the session of this one; programs send their token as \`Authorization: Bearer …\``,
  );
}
