interface Message {
  id: string | undefined;
  event: string | undefined;
  data: Record<string, unknown>;
}

export interface Messages extends AsyncDisposable {
  /** The next so many messages, or fewer when the stream ends first. */
  take(count: number): Promise<Message[]>;
}

/** Opens a stream of Server-Sent Events; resolves when the server has begun to answer. */
export async function readMessages(url: string, headers: Record<string, string> = {}): Promise<Messages> {
  const over = new AbortController();
  const response = await fetch(url, { headers: { accept: "text/event-stream", ...headers }, signal: over.signal });
  if (response.body === null || !response.ok) throw new Error(`${url} answered ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const waiting: Message[] = [];
  return {
    async take(count) {
      while (waiting.length < count) {
        const { done, value } = await reader.read();
        if (done) break;
        text += value;
        const blocks = text.split("\n\n");
        text = blocks.pop() ?? "";
        waiting.push(...blocks.flatMap((block) => parse(block)));
      }
      return waiting.splice(0, count);
    },
    async [Symbol.asyncDispose]() {
      over.abort();
    },
  };
}

function parse(block: string): Message[] {
  const fields = new Map(
    block
      .split("\n")
      .map((line): [string, string] => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  );
  const data = fields.get("data");
  return data === undefined ? [] : [{ id: fields.get("id"), event: fields.get("event"), data: JSON.parse(data) }];
}
