import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { checkedSha256, checkFileName, invalidField, SluiceError } from "@sluice/core";

/** One file of a form, as it arrives. */
export interface FormFile {
  /** Of the part, which a caller chooses freely. */
  field: string;
  name: string;
  /** What the caller says of it; null: nothing. */
  sha256: string | null;
  /** Fails when the caller leaves before its end. */
  content: Readable;
}

export interface Form {
  /** Keeps one file; the next one is read when it has been. */
  keep(file: FormFile): Promise<void>;
  /** A text part other than `sha256`. Throws `invalid_argument` for one that means nothing. */
  field(name: string, value: string): void;
}

const LIMITS = { files: 100, fields: 100, parts: 200, fieldSize: 65_536, headerPairs: 20, fileSize: Infinity };

/**
 * Reads a `multipart/form-data` request file by file, none of it held in memory. A text part `sha256` is about the file that
 * follows it. Throws what a file is refused for, `invalid_argument` for what is no form, `aborted` when the caller leaves.
 * Then nothing more is read, though the caller may go on sending until it has heard the answer.
 */
export async function readForm(request: IncomingMessage, { keep, field }: Form): Promise<void> {
  const busboy = createParser(request);
  let expected: string | null = null;
  let current: Readable | null = null;
  let turn = Promise.resolve();
  try {
    await new Promise<void>((resolve, reject) => {
      const attempt = (work: () => void): void => {
        try {
          work();
        } catch (error) {
          reject(error);
        }
      };
      busboy.on("field", (name, value) =>
        attempt(() => {
          if (name === "sha256") expected = checkedSha256(value, name);
          else field(name, value);
        }),
      );
      busboy.on("file", (name, content, fileName) => {
        const file: FormFile = { field: name, name: fileName ?? "", sha256: expected, content };
        current = content;
        expected = null;
        // Whoever keeps it hears of it too; without this one it would end the process where nobody does yet.
        content.on("error", () => undefined);
        turn = turn.then(() => {
          checkFileName(file.name, name);
          return keep(file);
        });
        turn.catch(reject);
      });
      for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const) {
        busboy.once(limit, () =>
          reject(invalidField("", "more parts", `at most ${LIMITS.files} files and ${LIMITS.fields} fields`)),
        );
      }
      busboy.once("finish", resolve);
      busboy.once("error", (cause) => reject(notAForm(cause)));
      request.once("close", () => request.complete || reject(cutOff()));
      request.once("error", () => reject(cutOff()));
      request.pipe(busboy);
    });
    await turn;
  } catch (error) {
    (current as Readable | null)?.destroy(error instanceof Error ? error : cutOff());
    await turn.catch(() => undefined);
    throw error;
  } finally {
    request.unpipe(busboy);
    request.resume();
  }
}

function createParser({ headers }: IncomingMessage): BusboyInstance {
  const { "content-type": type = "" } = headers;
  if (!type.startsWith("multipart/form-data")) {
    throw invalidField("headers.content-type", type, "multipart/form-data, as curl -F sends it");
  }
  try {
    // Folders in names are kept, to be seen and refused.
    return new Busboy({ headers: { ...headers, "content-type": type }, preservePath: true, limits: LIMITS });
  } catch (cause) {
    throw notAForm(cause);
  }
}

const notAForm = (cause: unknown): SluiceError =>
  new SluiceError(
    "invalid_argument",
    `the body is no complete multipart form: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      cause,
    },
  );

const cutOff = (): SluiceError => new SluiceError("aborted", "the upload was cut off; nothing of it was kept");
