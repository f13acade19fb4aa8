import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";

/** What a candidate does wrong; nothing by default. */
export interface Flaws {
  /** Lets everybody in. */
  open?: boolean;
  /** Lets in whoever brings any token. */
  believesAnyToken?: boolean;
  /** Takes every known token for an administrator's. */
  everybodyIsAdmin?: boolean;
  /** Does not know the low-privilege token. */
  forgetsTokens?: boolean;
  /** Leaves the security header out, or gives it a useless value. */
  contentTypeOptions?: string | null;
  /** Answers a broken body with its stack. */
  tellsStack?: boolean;
  /** Names software and version. */
  banner?: boolean;
  /** Mirrors TRACE. */
  trace?: boolean;
  /** Reads bodies of any length. */
  bottomless?: boolean;
  /** Answers 500 to a body that is too long. */
  stumblesOverBodies?: boolean;
  /** Exits (closes everything) when a body is too long. */
  dies?: () => void;
  /** Leaves no line in its log. */
  silent?: boolean;
}

export const MAX_BODY = 100_000;
export const LOW_TOKEN = "Bearer low-privilege";
const TOKENS = new Set([LOW_TOKEN]);

/** Every option of the security test that this candidate can answer for. */
export const SECURITY_OPTIONS = {
  protectedPath: "/account",
  privilegedPath: "/admin",
  lowPrivilegeHeaders: { authorization: LOW_TOKEN },
  requiredHeaders: ["x-content-type-options", "content-security-policy"],
  maxBodyBytes: MAX_BODY,
  auditPath: "/pay",
  auditPattern: '"event":"payment"',
};

/** A small program that does every one of the eight things right, but for its flaws. */
export function secureCandidate(log: (line: string) => void, flaws: Flaws = {}): RequestListener {
  return async (request, response) => {
    const { contentTypeOptions = "nosniff" } = flaws;
    if (contentTypeOptions !== null) response.setHeader("x-content-type-options", contentTypeOptions);
    response.setHeader("content-security-policy", "default-src 'none'");
    if (flaws.banner) response.setHeader("server", "Shop/1.4.2");
    if (!["GET", "POST"].includes(request.method ?? "") && !(flaws.trace && request.method === "TRACE")) {
      answer(response, 405);
      return;
    }
    const body = await bodyOf(request, response, flaws);
    if (body === null) return;
    const [path] = (request.url ?? "").split("?");
    if (path === "/account") answer(response, mayEnter(request, flaws) ? 200 : 401);
    else if (path === "/admin") answer(response, adminStatus(request, flaws));
    else if (path === "/pay") pay(response, log, flaws);
    else if (path === "/") greet(response, body, flaws);
    else answer(response, 404);
  };
}

const mayEnter = ({ headers: { authorization = "" } }: IncomingMessage, flaws: Flaws): boolean =>
  flaws.open === true || TOKENS.has(authorization) || (flaws.believesAnyToken === true && authorization !== "");

function adminStatus({ headers: { authorization = "" } }: IncomingMessage, flaws: Flaws): number {
  if (!TOKENS.has(authorization) || flaws.forgetsTokens) return 401;
  return flaws.everybodyIsAdmin ? 200 : 403;
}

function pay(response: ServerResponse, log: (line: string) => void, flaws: Flaws): void {
  answer(response, 200);
  if (!flaws.silent) log(JSON.stringify({ event: "payment", path: "/pay" }));
}

function greet(response: ServerResponse, body: string, flaws: Flaws): void {
  try {
    if (body !== "") JSON.parse(body);
    answer(response, 200);
  } catch (error) {
    if (flaws.tellsStack && error instanceof Error) response.writeHead(500).end(error.stack);
    else answer(response, 400);
  }
}

const answer = (response: ServerResponse, status: number): void => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ status }));
};

/** Null when it was too long and has been answered. */
async function bodyOf(request: IncomingMessage, response: ServerResponse, flaws: Flaws): Promise<string | null> {
  const parts: Buffer[] = [];
  let size = 0;
  try {
    for await (const part of request) {
      size += part.length;
      if (size <= MAX_BODY) parts.push(part);
      else if (flaws.dies !== undefined) {
        flaws.dies();
        return null;
      } else if (!flaws.bottomless) break;
    }
  } catch {
    return null;
  }
  if (size > MAX_BODY && !flaws.bottomless) {
    answer(response, flaws.stumblesOverBodies ? 500 : 413);
    return null;
  }
  return size > MAX_BODY ? "" : Buffer.concat(parts).toString("utf8");
}
