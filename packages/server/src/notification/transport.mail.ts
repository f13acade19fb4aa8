import { type ChannelOf, type MailMessage, type Outcome, smtpOutcome } from "@sluice/core";
import { createTransport } from "nodemailer";

/**
 * One mail to all receivers of the channel. Accepted for some of them is accepted, and says for whom it was not. The whole
 * conversation is bounded in time. Throws only when `signal` is aborted.
 */
export async function sendMail(
  { host, port, tls, rejectUnauthorized, user, password, from, to, timeoutSeconds }: ChannelOf<"email">,
  { subject, text, messageId, references, headers }: MailMessage,
  signal: AbortSignal,
): Promise<Outcome> {
  const timeoutMs = Math.ceil(timeoutSeconds * 1_000);
  const timeout = AbortSignal.timeout(timeoutMs);
  const transport = createTransport({
    host,
    port,
    secure: tls === "implicit",
    requireTLS: tls === "starttls",
    ignoreTLS: tls === "none",
    tls: { rejectUnauthorized },
    ...(user !== null && password !== null && { auth: { user, pass: password } }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const mail = { from, to, subject, text, messageId, headers, ...(references !== null && { references }) };
  try {
    const sent = await transport.sendMail({ ...mail, signal: AbortSignal.any([timeout, signal]) });
    const refused = sent.rejected.length === 0 ? "" : `, but not for ${sent.rejected.join(", ")}`;
    return { type: "accepted", reason: `accepted for ${sent.accepted.join(", ")}${refused}` };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return { type: "failed", reason: `not accepted within ${timeoutSeconds} s` };
    return outcomeOf(error);
  } finally {
    transport.close();
  }
}

function outcomeOf(error: unknown): Outcome {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
  const reply = error instanceof Error && "responseCode" in error ? error.responseCode : null;
  const said = error instanceof Error ? error.message : String(error);
  const status = typeof reply === "number" ? reply : null;
  const line = said
    .replaceAll(/[\s\0]+/g, " ")
    .slice(0, 200)
    .toWellFormed();
  return smtpOutcome(status, status === null ? `could not be sent (${code}): ${line}` : `answered ${status}: ${line}`);
}
