import { createLogUpdate } from "log-update";
import type { Environment } from "./config.ts";

/** Everything outside that a command may touch. Tests hand in their own. */
export interface Io {
  stdout: Screen;
  stderr: Screen;
  /** Everything on the standard input. */
  readInput(): Promise<string>;
  /** The standard input as it comes, in pieces of text. */
  inputPieces(): AsyncIterable<string>;
  environment: Environment;
  /** A signal that Ctrl-C aborts. Whoever asks for it ends cleanly by it; until then Ctrl-C ends the process. */
  interrupted(): AbortSignal;
  now(): number;
}

export interface Screen {
  write(text: string): void;
  isTTY: boolean;
  columns: number;
  /** A picture at the screen's end that is drawn again and again. */
  picture(): Picture;
}

export interface Picture {
  draw(text: string): void;
  /** Leaves what was drawn last and goes on below it. */
  done(): void;
}

/** Narrower than this, pictures are drawn for this width all the same. */
const DEFAULT_COLUMNS = 100;

export const screenOf = (stream: NodeJS.WriteStream): Screen => ({
  write: (text) => void stream.write(text),
  get isTTY() {
    // Some pseudo terminals have no height: a picture would not be seen there.
    return stream.isTTY === true && stream.rows > 0;
  },
  get columns() {
    return stream.columns ?? DEFAULT_COLUMNS;
  },
  picture() {
    const update = createLogUpdate(stream);
    return { draw: update, done: update.done };
  },
});
