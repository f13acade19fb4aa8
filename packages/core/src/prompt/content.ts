import type { PROMPT_ROLES } from "./prompt.schema.ts";
import type { PromptVariable } from "./variable.schema.ts";

export interface PromptMessage {
  role: (typeof PROMPT_ROLES)[number];
  content: string;
}

/** What a version of a prompt holds: a text or messages, and what they are sent with. */
export interface PromptContent {
  text?: string | undefined;
  messages?: readonly PromptMessage[] | undefined;
  model?: string | undefined;
  parameters: Record<string, unknown>;
  variables?: readonly PromptVariable[] | undefined;
  template?: "mustache" | "none" | undefined;
}

/** Every text of the prompt, with the field it stands in. */
export function textsOf({
  text,
  messages,
}: Pick<PromptContent, "text" | "messages">): { field: string; text: string }[] {
  const fromMessages = (messages ?? []).map(({ content }, index) => ({
    field: `messages[${index}].content`,
    text: content,
  }));
  return text === undefined ? fromMessages : [{ field: "text", text }, ...fromMessages];
}

/** The same prompt with every text replaced. */
export const withTexts = <Content extends Pick<PromptContent, "text" | "messages">>(
  content: Content,
  replace: (text: string) => string,
): Content => ({
  ...content,
  ...(content.text !== undefined && { text: replace(content.text) }),
  ...(content.messages !== undefined && {
    messages: content.messages.map((message) => ({ ...message, content: replace(message.content) })),
  }),
});
