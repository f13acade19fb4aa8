import type { PromptContent } from "@sluice/core";

/** A prompt as people read it: its text, or its messages one after the other. */
export function renderContent({ text, messages }: Pick<PromptContent, "text" | "messages">): string {
  if (text !== undefined) return text;
  return (messages ?? []).map(({ role, content }) => `[${role}]\n${content}`).join("\n\n");
}
