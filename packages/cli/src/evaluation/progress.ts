import cliProgress from "cli-progress";
import { count, duration } from "../output/quantity.ts";
import type { Session } from "../session.ts";
import type { Outcome } from "./outcome.ts";

export interface Progress {
  update(progress: { bytes: number; outcome: Outcome | null }): void;
  end(): void;
}

/** Milliseconds between two pictures, and between two lines where there is no terminal. */
const PICTURE_MS = 100;
const LINE_MS = 10_000;
const BAR_WIDTH = 30;

/** How far a run is, by the bytes of the dataset: a bar on a terminal, a line every ten seconds elsewhere. On the standard error. */
export function showProgress({ io }: Session, total: number): Progress {
  const began = io.now();
  const picture = io.stderr.isTTY ? io.stderr.picture() : null;
  const state = { bytes: 0, asked: 0, passed: 0, errors: 0, kept: 0 };
  let shown = began;

  const share = () => (total === 0 ? 1 : Math.min(1, state.bytes / total));
  const counts = () =>
    `${count(state.asked)} asked, ${count(state.passed)} passed, ${count(state.errors)} errors` +
    (state.kept > 0 ? `, ${count(state.kept)} from before` : "");

  const show = () => {
    const elapsed = io.now() - began;
    const left = share() > 0 ? (elapsed * (1 - share())) / share() : null;
    const percentage = `${Math.floor(share() * 100)} %`;
    if (picture === null) {
      io.stderr.write(`${percentage} of the dataset: ${counts()} (${duration(elapsed)})\n`);
      return;
    }
    const bar = cliProgress.Format.BarFormat(share(), {
      barsize: BAR_WIDTH,
      barCompleteString: "█".repeat(BAR_WIDTH),
      barIncompleteString: "░".repeat(BAR_WIDTH),
      barGlue: "",
    });
    picture.draw(
      `${bar} ${percentage}  ${counts()}  ${left === null || state.asked === 0 ? "" : `${duration(left)} left`}`,
    );
  };

  return {
    update({ bytes, outcome }) {
      state.bytes = Math.max(state.bytes, bytes);
      if (outcome === null) state.kept += 1;
      else {
        state.asked += 1;
        state.passed += outcome.passed ? 1 : 0;
        state.errors += outcome.error ? 1 : 0;
      }
      if (io.now() - shown < (picture === null ? LINE_MS : PICTURE_MS)) return;
      shown = io.now();
      show();
    },
    end() {
      show();
      picture?.done();
    },
  };
}
