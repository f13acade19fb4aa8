import { type FunctionalTest, type TestAnswer, unmetExpectations } from "@sluice/core";

/** Judgements over text of strangers with patterns of users: they may take for ever, so they run where they can be killed. */
export type JudgeTask =
  | { type: "expectations"; expect: FunctionalTest["expect"]; answer: TestAnswer }
  /** Which lines match; answers the first of them, or none. */
  | { type: "match"; pattern: string; lines: readonly string[] };

/** Sentences about what is not as it should be, or the line that matches. */
export function judge(task: JudgeTask): string[] {
  switch (task.type) {
    case "expectations":
      return unmetExpectations(task.expect, task.answer);
    case "match": {
      const pattern = new RegExp(task.pattern, "m");
      const line = task.lines.find((candidate) => pattern.test(candidate));
      return line === undefined ? [] : [line];
    }
  }
}
