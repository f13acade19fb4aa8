import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Instant, TriggerSource } from "@sluice/core";

/** A request as it came: signatures are of the bytes, not of what they mean. */
export interface SignedRequest {
  /** Names in lower case. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: Buffer;
}

/** A request that somebody with the secret has made. */
export interface VerifiedRequest {
  /** The sender's name of the event. */
  event: string;
  /** The same for every attempt to deliver the same event. */
  delivery: string;
  /** Whether the signature is of the delivery's id too; else a copy of the body may come under another id. */
  signsDelivery: boolean;
}

/** What Standard Webhooks asks for: a signature older or newer than this (seconds) is a replay, or a wrong clock. */
const TOLERANCE = 300;
const PREFIX = "whsec_";
const DELIVERY = /^[\x21-\x7e]{1,255}$/;

/** 256 random bits in the form of Standard Webhooks, which GitLab takes as a signing token and GitHub as a secret. */
export const newSigningSecret = (): string => `${PREFIX}${randomBytes(32).toString("base64")}`;

export const digestOfBody = (body: Buffer): string => createHash("sha256").update(body).digest("hex");

/** Headers by which a sender is known; a request with one of them is signed, or refused. */
const HEADERS = [
  "x-github-event",
  "x-hub-signature-256",
  "x-gitlab-event",
  "x-gitlab-token",
  "webhook-id",
  "webhook-signature",
] as const;

export const isFromSender = ({ headers }: Pick<SignedRequest, "headers">): boolean =>
  HEADERS.some((name) => headers[name] !== undefined);

/** Null for a request that nobody with one of the secrets has made. Compared in constant time. */
export function verify(
  source: TriggerSource,
  secrets: readonly string[],
  request: SignedRequest,
  now: Instant,
): VerifiedRequest | null {
  const matching = (check: (secret: string) => boolean): boolean => secrets.map(check).includes(true);
  const header = (name: string): string | null => {
    const value = request.headers[name];
    return typeof value === "string" ? value : null;
  };
  const delivery = (...ids: (string | null)[]): string =>
    ids.find((id) => id !== null && DELIVERY.test(id)) ?? digestOfBody(request.body);

  switch (source) {
    case "manual":
      return null;
    case "github": {
      const given = header("x-hub-signature-256") ?? "";
      if (!matching((secret) => isSame(given, `sha256=${hmac(secret, request.body).toString("hex")}`))) return null;
      const event = header("x-github-event") ?? "";
      return { event, delivery: delivery(header("x-github-delivery")), signsDelivery: false };
    }
    case "gitlab": {
      const event = header("x-gitlab-event") ?? "";
      if (header("webhook-signature") !== null) {
        if (!matching((secret) => isStandard(secret, request, now))) return null;
        return { event, delivery: delivery(header("webhook-id")), signsDelivery: true };
      }
      const token = header("x-gitlab-token") ?? "";
      if (!matching((secret) => isSame(token, secret))) return null;
      // Whoever knows this token can write any message: a copy of one says nothing more.
      const ids = [header("idempotency-key"), header("x-gitlab-event-uuid")];
      return { event, delivery: delivery(...ids), signsDelivery: true };
    }
    case "generic":
      if (!matching((secret) => isStandard(secret, request, now))) return null;
      return { event: "generic", delivery: delivery(header("webhook-id")), signsDelivery: true };
  }
}

/** https://github.com/standard-webhooks/standard-webhooks: `id.timestamp.body`, and one or more signatures of it. */
function isStandard(secret: string, { headers, body }: SignedRequest, now: Instant): boolean {
  const [id, time, given] = [headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"]];
  if (typeof id !== "string" || typeof time !== "string" || typeof given !== "string") return false;
  if (!DELIVERY.test(id) || !/^\d{1,12}$/.test(time) || Math.abs(now / 1_000 - Number(time)) > TOLERANCE) return false;
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), "base64") : secret;
  const wanted = `v1,${hmac(key, `${id}.${time}.`, body).toString("base64")}`;
  return given
    .split(" ")
    .map((one) => isSame(one, wanted))
    .includes(true);
}

function hmac(key: string | Buffer, ...parts: (string | Buffer)[]): Buffer {
  const mac = createHmac("sha256", key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}

/** Of the digests, so that not even the length is told by the time it takes. */
const isSame = (left: string, right: string): boolean =>
  timingSafeEqual(createHash("sha256").update(left).digest(), createHash("sha256").update(right).digest());
