import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Text in one file, replaced as a whole: after a crash there is the old one or the new one, never a part. */
export class StateFile {
  readonly #path: string;
  readonly #render: () => string;
  #running: Promise<void> | null = null;
  #next: Promise<void> | null = null;

  /** `render` is asked for the text at the moment of writing. */
  constructor(path: string, render: () => string) {
    this.#path = path;
    this.#render = render;
  }

  /** The file's text; null when there is none. */
  async read(): Promise<string | null> {
    try {
      return await readFile(this.#path, "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
      throw error;
    }
  }

  /** Moves the file out of the way and answers where to. */
  async setAside(): Promise<string> {
    const aside = `${this.#path}.damaged`;
    await rename(this.#path, aside);
    return aside;
  }

  /** Writes what is so now; on disk when it resolves. Calls that come while one is being written share the next one. */
  save(): Promise<void> {
    if (this.#running === null) return this.#run();
    this.#next ??= this.#running.then(
      () => this.#run(),
      () => this.#run(),
    );
    return this.#next;
  }

  #run(): Promise<void> {
    this.#next = null;
    const running = writeWhole(this.#path, this.#render()).finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }
}

/** Temporary file, fsync, rename, fsync of the folder. Only the owner may read it. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(temporary, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
