import { isUtf8 } from "node:buffer";
import { performance } from "node:perf_hooks";
import { Agent } from "undici";
import { z } from "zod";
import { type GatewayRequest, MAX_BODY } from "./try.request.ts";

/** Until the whole answer is there. */
const PATIENCE_MS = 10_000;
const REVISION = "x-sluice-revision";
const INSTANCE = "x-sluice-instance";
/** What is told otherwise, or is between this server and the gateway alone. */
const NOT_THE_PROGRAMS = new Set([REVISION, INSTANCE, "connection", "keep-alive", "transfer-encoding"]);

export const triedSchema = z
  .object({
    milliseconds: z.number().describe("Until the whole answer was there, or it was clear that there is none."),
    answer: z
      .object({
        status: z.int(),
        headers: z.array(z.object({ name: z.string(), value: z.string() })),
        body: z.string(),
        encoding: z.enum(["text", "base64"]).describe("`base64` for what is not text in UTF-8."),
        truncated: z.boolean().describe(`There was more than the first ${MAX_BODY} bytes.`),
        revision: z.int().nullable().describe("Which one answered; null: the gateway itself."),
        instance: z.string().nullable().describe("Which one answered; null where the gateway does not tell."),
      })
      .nullable()
      .describe("Null when there was none."),
    silent: z.string().nullable().describe("Why there was no answer."),
  })
  .meta({ id: "TriedDeployment" });

export type Tried = z.output<typeof triedSchema>;

/** Sends one request to the gateway, with limits on time and on what is read. Never throws: no answer is an outcome, too. */
export async function tryAtGateway(request: GatewayRequest): Promise<Tried> {
  const began = performance.now();
  const took = (): number => Math.round((performance.now() - began) * 10) / 10;
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  const agent = new Agent({ connections: 1, connect: { timeout: PATIENCE_MS } });
  try {
    const { statusCode, headers, body } = await agent.request({ ...request, signal: timeout });
    const { bytes, truncated } = await firstBytes(body);
    const listed = pairsOf(headers);
    const last = (wanted: string) => listed.findLast(({ name }) => name === wanted)?.value ?? null;
    const revision = last(REVISION);
    return {
      milliseconds: took(),
      silent: null,
      answer: {
        status: statusCode,
        headers: listed.filter(({ name }) => !NOT_THE_PROGRAMS.has(name)),
        ...readable(bytes, truncated),
        truncated,
        revision: revision === null ? null : Number(revision),
        instance: last(INSTANCE),
      },
    };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    const silent = timeout.aborted
      ? `there was no whole answer within ${PATIENCE_MS / 1_000} s`
      : `the connection to the gateway broke${code}`;
    return { milliseconds: took(), answer: null, silent };
  } finally {
    await agent.destroy();
  }
}

async function firstBytes(body: AsyncIterable<Buffer>): Promise<{ bytes: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BODY) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, MAX_BODY), truncated: size > MAX_BODY };
}

const pairsOf = (headers: Record<string, string | string[] | undefined>): { name: string; value: string }[] =>
  Object.entries(headers).flatMap(([name, values]) =>
    [values ?? []].flat().map((value) => ({ name: name.toLowerCase(), value })),
  );

/** Bytes of a character that the limit may have cut off. */
const LONGEST_CUT = 3;

export function readable(bytes: Buffer, truncated: boolean): { body: string; encoding: "text" | "base64" } {
  for (let cut = 0; cut <= (truncated ? LONGEST_CUT : 0); cut += 1) {
    const text = bytes.subarray(0, bytes.length - cut);
    if (isUtf8(text) && !text.includes(0)) return { body: text.toString("utf8"), encoding: "text" };
  }
  return { body: bytes.toString("base64"), encoding: "base64" };
}
