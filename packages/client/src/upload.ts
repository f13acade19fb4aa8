import { ApiError, isPassing, UnreachableError } from "./api-error.ts";
import { sleep } from "./sleep.ts";
import type { Transport } from "./transport.ts";

export interface ModelFile {
  /** Number of the model's version. */
  version: number;
  name: string;
  /** Read piece by piece. */
  content: Blob;
  /** What it must come to, as 64 hexadecimal digits. */
  sha256?: string | undefined;
  /** By what the file is known again when it is sent anew: its time of change, say. */
  fingerprint?: string | undefined;
  /** Whether other files of the version follow: it is READY with the last. */
  more?: boolean | undefined;
}

export interface UploadOptions {
  /** Stops sending. What has arrived stays: the same file goes on from there, within a day. */
  signal?: AbortSignal | undefined;
  /** Called with the bytes that have arrived. */
  onProgress?: ((received: number) => void) | undefined;
  /** Called with what broke the upload, before it goes on. */
  onBreak?: ((error: Error) => void) | undefined;
  /** How often it is tried again without a byte that arrives; default 10, about two minutes. */
  attempts?: number | undefined;
  /** Milliseconds before the first of these; every other one waits twice as long as the one before. */
  firstWaitMs?: number | undefined;
}

/** Bytes of a piece, unless the file is so large that there would be too many of them. */
const PIECE = 4_194_304;
const MOST_PIECES = 5_000;
const LONGEST_WAIT = 20_000;

/**
 * Sends a file in pieces (tus 1.0.0), and goes on by itself when the connection breaks. Resolves when the file is whole and
 * belongs to its version. Throws what it is refused for, the last break, the signal's reason, or that the file cannot be read.
 */
export async function sendModelFile(
  transport: Transport,
  url: string,
  file: ModelFile,
  { signal, onProgress, onBreak, attempts = 10, firstWaitMs = 500 }: UploadOptions = {},
): Promise<void> {
  const size = Math.max(PIECE, Math.ceil(file.content.size / MOST_PIECES));
  const send = (place: URL, method: string, headers: Record<string, string>, body?: ArrayBuffer): Promise<Response> => {
    const init = { method, headers: { "tus-resumable": "1.0.0", ...headers }, ...(body && { body }) };
    return transport(new Request(place, { ...init, ...(signal && { signal }) }), signal);
  };
  const begin = async (): Promise<Arrived> => {
    const headers = { "upload-length": String(file.content.size), "upload-metadata": metadataOf(file) };
    const begun = await send(new URL(`/api/v1/versions/${file.version}/uploads`, url), "POST", headers);
    return { place: new URL(begun.headers.get("location") ?? "", url), received: offsetOf(begun) };
  };
  const resume = async ({ place }: Arrived): Promise<Arrived> => ({
    place,
    received: offsetOf(await send(place, "HEAD", {})),
  });

  let arrived: Arrived | null = null;
  for (let failures = 0; ; ) {
    try {
      arrived = arrived === null ? await begin() : await resume(arrived);
      onProgress?.(arrived.received);
      // Where all of it has arrived, an empty piece has the file put together.
      do {
        const piece = await read(file, arrived.received, arrived.received + size);
        const headers = { "content-type": TYPE, "upload-offset": String(arrived.received) };
        arrived.received = offsetOf(await send(arrived.place, "PATCH", headers, piece));
        failures = 0;
        onProgress?.(arrived.received);
      } while (arrived.received < file.content.size);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      failures += 1;
      if (!isBreak(error) || failures > attempts) throw error;
      onBreak?.(error);
      await sleep(Math.min(LONGEST_WAIT, firstWaitMs * 2 ** (failures - 1)), signal);
    }
  }
}

/** Read before it is sent: a file that is not there any more must not look like a connection that broke. */
async function read({ name, content }: ModelFile, from: number, to: number): Promise<ArrayBuffer> {
  try {
    return await content.slice(from, to).arrayBuffer();
  } catch (cause) {
    const why = "it was changed or taken away since it was chosen; choose it again";
    throw new Error(`${name} cannot be read any more: ${why}`, { cause });
  }
}

/** Where the file goes, and how much of it is there. */
interface Arrived {
  place: URL;
  received: number;
}

const TYPE = "application/offset+octet-stream";

const offsetOf = ({ headers, url }: Response): number => {
  const offset = Number(headers.get("upload-offset") ?? Number.NaN);
  if (Number.isSafeInteger(offset)) return offset;
  throw new TypeError(`${url} does not say how much of the file has arrived`);
};

const metadataOf = ({ name, sha256, fingerprint, more = false }: ModelFile): string => {
  const given = Object.entries({ filename: name, sha256, fingerprint }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key} ${base64(value)}`],
  );
  return [...given, ...(more ? ["more"] : [])].join(",");
};

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** What passes by itself: no answer, a server that has none now or stops half-way, and a piece that had arrived after all. */
const isBreak = (error: unknown): error is Error =>
  error instanceof UnreachableError ||
  isPassing(error) ||
  (error instanceof ApiError && (error.status >= 500 || error.problem.code === "aborted"));
