import { detailsOf, type Notice } from "./notice.ts";

interface SlackText {
  type: "plain_text" | "mrkdwn";
  text: string;
}

/** The blocks that are used here. */
type SlackBlock =
  | { type: "header"; text: SlackText }
  | { type: "section"; text: SlackText }
  | { type: "section"; fields: SlackText[] }
  | { type: "context"; elements: SlackText[] };

/** What an incoming webhook of Slack takes; `text` is what phones and readers of screens show. */
export interface SlackMessage {
  text: string;
  blocks: SlackBlock[];
}

/** Characters, and entries, that Slack takes at most; a message beyond them is refused as a whole. */
export const SLACK_LIMITS = { header: 150, section: 3_000, field: 2_000, fields: 10, context: 2_000 } as const;

const SIGNS = { critical: "🔴", warning: "🟠", info: "🔵" } as const;

const signOf = ({ state, severity }: Notice): string =>
  state === "resolved" ? "🟢" : state === "test" ? "🔵" : SIGNS[severity];

export function slackMessageOf(notice: Notice): SlackMessage {
  const { summary, message, state, alert, at } = notice;
  const title = `${signOf(notice)} ${summary}`;
  const fields = detailsOf(notice)
    .slice(0, SLACK_LIMITS.fields)
    .map(([name, value]) => mrkdwn(`*${name}*\n${cut(escaped(value), SLACK_LIMITS.field - name.length - 3)}`));
  return {
    text: cut(escaped(`${title}\n${message}`), SLACK_LIMITS.section),
    blocks: [
      { type: "header", text: { type: "plain_text", text: cut(title, SLACK_LIMITS.header) } },
      { type: "section", text: mrkdwn(cut(escaped(message === "" ? summary : message), SLACK_LIMITS.section)) },
      ...(fields.length === 0 ? [] : [{ type: "section" as const, fields }]),
      { type: "context", elements: [mrkdwn(cut(escaped(`${alert} · ${state} · ${at}`), SLACK_LIMITS.context))] },
    ],
  };
}

const mrkdwn = (text: string): SlackText => ({ type: "mrkdwn", text });

/** The three characters with a meaning in Slack's text: nobody is mentioned, and no link made, by what a program answered. */
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** At most so many UTF-16 units, without half a character or half an escape at the end. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text
    .slice(0, length - 1)
    .replace(/[\uD800-\uDBFF]$/, "")
    .replace(/&[a-z]{0,3}$/, "")}…`;
}
