/** A line that an instance printed. */
export interface LogLine {
  instance: string;
  stream: "stdout" | "stderr";
  text: string;
  /** When it was printed or first seen; null: nobody looked. */
  at: string | null;
}

export interface NumberedLine extends LogLine {
  /** 1, 2, 3 … since the page began to read: which line it is, however many before it were dropped. */
  number: number;
}

/** What is shown of a line; the whole of it is in the download. */
const LONGEST = 4_000;

/** Colours and movements of the cursor, which mean nothing on a page (ECMA-48). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
const STEERING = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g;

/**
 * The last lines of an endless stream. Whatever comes takes constant memory and, but for what is read, constant time: when
 * twice as many are there as are kept, the older half goes.
 */
export class LogBuffer {
  readonly #keep: number;
  #lines: NumberedLine[] = [];
  #count = 0;

  constructor(keep: number) {
    this.#keep = keep;
  }

  push({ instance, stream, text, at }: LogLine): void {
    this.#count += 1;
    const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    this.#lines.push({ instance, stream, at, text: shown.replace(STEERING, ""), number: this.#count });
    if (this.#lines.length >= 2 * this.#keep) this.#lines = this.#lines.slice(-this.#keep);
  }

  /** At most so many as are kept, the oldest first. */
  last(): NumberedLine[] {
    return this.#lines.slice(-this.#keep);
  }

  /** How many came in all. */
  get count(): number {
    return this.#count;
  }

  /** How many of them are not here any more. */
  get dropped(): number {
    return Math.max(0, this.#count - this.#keep);
  }

  clear(): void {
    this.#lines = [];
    this.#count = 0;
  }
}
