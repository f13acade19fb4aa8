/** A file that somebody wants to have uploaded, and how far it is. */
export interface Sending {
  name: string;
  bytes: number;
  received: number;
  state: "waiting" | "sending" | "broken" | "paused" | "done" | "refused";
  /** What broke it, or what it is refused for. */
  message: string | null;
}

export type Happening =
  | { type: "chosen"; files: readonly { name: string; size: number }[] }
  | { type: "begun"; index: number }
  | { type: "arrived"; index: number; bytes: number }
  | { type: "broken" | "refused"; index: number; message: string }
  | { type: "paused"; index: number }
  | { type: "done"; index: number }
  | { type: "forgotten" };

/** How the files stand after something has happened. */
export function after(files: readonly Sending[], happening: Happening): Sending[] {
  switch (happening.type) {
    case "chosen":
      return happening.files.map(({ name, size }) => ({
        ...{ name, bytes: size, received: 0 },
        ...{ state: "waiting", message: null },
      }));
    case "forgotten":
      return [];
    default:
      return files.map((file, index) => (index === happening.index ? { ...file, ...changed(file, happening) } : file));
  }
}

type OfOne = Exclude<Happening, { type: "chosen" | "forgotten" }>;

function changed(file: Sending, happening: OfOne): Partial<Sending> {
  switch (happening.type) {
    case "begun":
      return { state: "sending", message: null };
    case "arrived":
      return { state: "sending", received: happening.bytes, message: null };
    case "broken":
    case "refused":
      return { state: happening.type, message: happening.message };
    case "paused":
      return { state: "paused", message: null };
    case "done":
      return { state: "done", received: file.bytes, message: null };
  }
}

/** The first that is not through; -1: all are. */
export const nextOf = (files: readonly Sending[]): number => files.findIndex(({ state }) => state !== "done");

export const isMoving = (files: readonly Sending[]): boolean =>
  files.some(({ state }) => state === "sending" || state === "broken");

/** Percent of a file that have arrived; 100 only when it is through. */
export const percentOf = ({ received, bytes, state }: Sending): number =>
  state === "done" ? 100 : bytes === 0 ? 0 : Math.min(99, Math.floor((100 * received) / bytes));

/** A file in a sentence. */
export function stateText(file: Sending): string {
  switch (file.state) {
    case "waiting":
      return "waits for its turn";
    case "sending":
      return percentOf(file) === 99 ? "99 %, being checked" : `${percentOf(file)} %`;
    case "broken":
      return `${percentOf(file)} %, goes on by itself: ${file.message ?? "the connection broke"}`;
    case "paused":
      return `paused at ${percentOf(file)} %`;
    case "done":
      return "uploaded";
    case "refused":
      return file.message ?? "refused";
  }
}
