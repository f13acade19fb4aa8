/** Answers that hold for a while: whoever asks meanwhile, also at the same moment, has the same one. Failures are not kept. */
export type Remember = <T>(
  what: string,
  holdMs: number,
  ask: () => Promise<T>,
  isKept?: (answer: T) => boolean,
) => Promise<T>;

export function createMemory(clock: () => number): Remember {
  const answers = new Map<string, { until: number; answer: Promise<unknown> }>();
  return <T>(what: string, holdMs: number, ask: () => Promise<T>, isKept: (answer: T) => boolean = () => true) => {
    const known = answers.get(what);
    // One question has one kind of answer.
    if (known !== undefined && known.until > clock()) return known.answer as Promise<T>;
    const answer = ask();
    const entry = { until: clock() + holdMs, answer };
    answers.set(what, entry);
    const forget = (): void => {
      if (answers.get(what) === entry) answers.delete(what);
    };
    answer.then((found) => isKept(found) || forget(), forget);
    return answer;
  };
}
