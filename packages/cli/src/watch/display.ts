import type { Event } from "@sluice/client";
import { isFinished } from "@sluice/client";
import type { Session } from "../session.ts";
import { endLine, eventLine } from "./lines.ts";
import { renderRollout } from "./render.ts";
import type { RolloutView } from "./view.ts";

/** Where a watched rollout is shown. */
export interface Display {
  event(event: Event): void;
  view(view: RolloutView): void;
  /** A remark about the watch itself. */
  note(text: string): void;
  end(): void;
}

/** On a terminal: one picture, drawn again with every look. */
export function pictureDisplay({ io, colors, note }: Session): Display {
  const picture = io.stdout.picture();
  return {
    event: () => undefined,
    view: (view) => picture.draw(renderRollout(view, { width: io.stdout.columns, now: io.now(), colors })),
    note,
    end: () => picture.done(),
  };
}

/** Elsewhere: a line for each event, and one for the end. Beside output for machines they go to the standard error. */
export function lineDisplay({ io, output, note }: Session): Display {
  const screen = output === "table" ? io.stdout : io.stderr;
  return {
    event: (event) => screen.write(`${eventLine(event)}\n`),
    view: ({ rollout }) => {
      if (isFinished(rollout)) screen.write(`${endLine(rollout, io.now())}\n`);
    },
    note,
    end: () => undefined,
  };
}
