import { createHash } from "node:crypto";
import { CallError, post } from "./request.ts";
import { figureAt, isObject, jsonOf, type Target } from "./target.ts";

export interface OpenAiOptions {
  /** Such as `https://api.openai.com/v1`. */
  baseUrl: string;
  model: string;
  /** Text around the input, which stands for `{{input}}`; null: the input alone. */
  prompt: string | null;
  /** More members of the request, such as `temperature`. */
  parameters: Readonly<Record<string, unknown>>;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** US dollars for a million tokens; null: nobody said. */
  price: { prompt: number; completion: number } | null;
}

const INPUT = "{{input}}";

/** A model behind an OpenAI-compatible API: `POST {baseUrl}/chat/completions`. Inputs that are lists of messages are sent as they are. */
export function openAiTarget({ baseUrl, model, prompt, parameters, headers, timeoutMs, price }: OpenAiOptions): Target {
  const url = `${baseUrl.replace(/\/+$/, "")}/chat/completions`;
  const variant = createHash("sha256")
    .update(JSON.stringify([prompt, parameters]))
    .digest("hex")
    .slice(0, 12);
  return {
    name: `${url} ${model} ${variant}`,
    async ask(input, signal) {
      const body = { ...parameters, model, messages: messagesOf(input, prompt) };
      const answered = await post({ url, headers, body, timeoutMs }, signal);
      const document = jsonOf(answered);
      const usage = isObject(document) ? document.usage : undefined;
      const promptTokens = figureAt(usage, "prompt_tokens");
      const completionTokens = figureAt(usage, "completion_tokens");
      return {
        output: contentOf(document),
        latencyMs: answered.latencyMs,
        promptTokens,
        completionTokens,
        costUsd:
          price === null || promptTokens === null || completionTokens === null
            ? null
            : (promptTokens * price.prompt + completionTokens * price.completion) / 1_000_000,
      };
    },
  };
}

function messagesOf(input: unknown, prompt: string | null): unknown {
  const isMessages = Array.isArray(input) && input.every((message) => isObject(message) && "role" in message);
  if (isMessages && prompt === null) return input;
  const text = typeof input === "string" ? input : JSON.stringify(input);
  // By parts and not by replace, which gives `$&` in the input a meaning.
  return [{ role: "user", content: prompt === null ? text : prompt.split(INPUT).join(text) }];
}

/** The text of the first choice. Throws `CallError` for an answer of another shape, naming what is missing. */
function contentOf(document: unknown): string {
  const choices = isObject(document) ? document.choices : undefined;
  const [first]: unknown[] = Array.isArray(choices) ? choices : [];
  const message = isObject(first) ? first.message : undefined;
  const content = isObject(message) ? message.content : undefined;
  if (typeof content === "string") return content;
  throw new CallError("answered without choices[0].message.content, which must be a text", { transient: false });
}
