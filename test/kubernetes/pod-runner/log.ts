/** What one container printed, line by line, with the time of each. Old lines are dropped, as a kubelet rotates. */
export interface ContainerLog {
  write(chunk: string): void;
  /** No more will come: followers end. */
  end(): void;
  /** The last lines as one text, for a termination message. */
  tail(lines: number): string;
  /** Calls back for every line asked for, then, when following, for every one to come; resolves when there are no more. */
  read(options: LogOptions, line: (text: string) => void, signal: AbortSignal): Promise<void>;
}

export interface LogOptions {
  follow: boolean;
  timestamps: boolean;
  tailLines: number | null;
  /** Only what was printed from then on. */
  since: Date | null;
}

const KEPT_LINES = 20_000;

interface Line {
  at: Date;
  text: string;
}

export function createLog(now: () => Date): ContainerLog {
  const lines: Line[] = [];
  const followers = new Set<{ tell(line: Line): void; end(): void }>();
  let rest = "";
  let isOver = false;

  const add = (text: string): void => {
    const line = { at: now(), text };
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.splice(0, lines.length - KEPT_LINES);
    for (const follower of followers) follower.tell(line);
  };

  return {
    write: (chunk) => {
      const parts = `${rest}${chunk}`.split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) add(part);
    },
    end: () => {
      if (rest !== "") add(rest);
      rest = "";
      isOver = true;
      for (const follower of followers) follower.end();
    },
    tail: (count) =>
      lines
        .slice(-count)
        .map(({ text }) => `${text}\n`)
        .join(""),
    read: async ({ follow, timestamps, tailLines, since }, line, signal) => {
      const tell = ({ at, text }: Line): void => line(timestamps ? `${at.toISOString()} ${text}` : text);
      const recent = since === null ? lines : lines.filter(({ at }) => at >= since);
      for (const each of tailLines === null ? recent : recent.slice(recent.length - Math.min(tailLines, recent.length)))
        tell(each);
      if (!follow || isOver || signal.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const follower = { tell, end: resolve };
      followers.add(follower);
      signal.addEventListener("abort", () => resolve(), { once: true });
      await promise;
      followers.delete(follower);
    },
  };
}
