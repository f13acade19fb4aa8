import { detailsOf, type Notice } from "./notice.ts";

export interface MailMessage {
  subject: string;
  text: string;
  /** The same for every repetition, so that mail readers show it once. */
  messageId: string;
  /** Of the incident: mails about one stand together. */
  references: string | null;
  headers: Record<string, string>;
}

const LONGEST_SUBJECT = 200;
const DOMAIN = "sluice.invalid";

export function mailOf(id: string, notice: Notice): MailMessage {
  const { alert, state, severity, incident, summary, message, at } = notice;
  const details = detailsOf(notice).map(([name, value]) => `${`${name}:`.padEnd(13)}${value}`);
  return {
    subject: oneLine(`[sluice] ${summary}`),
    text: [message === "" ? summary : message, "", ...details, `${"Time:".padEnd(13)}${at}`, ""].join("\n"),
    messageId: `<${id}@${DOMAIN}>`,
    references: incident === null ? null : `<${incident}@${DOMAIN}>`,
    headers: {
      "X-Sluice-Alert": alert,
      "X-Sluice-State": state,
      "X-Sluice-Severity": severity,
      "Auto-Submitted": "auto-generated",
    },
  };
}

/** A line feed in a header would begin another. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  const line = text.replaceAll(/[\u0000-\u001f\u007f]+/g, " ").trim();
  return line.length > LONGEST_SUBJECT ? `${line.slice(0, LONGEST_SUBJECT - 1)}…`.toWellFormed() : line;
}
