import { ago, exact } from "../format/time.ts";
import { Hint } from "./hint.tsx";
import { useNow } from "./use-now.ts";

/** How long ago, and on hover when exactly, in the viewer's zone. */
export function Time({ at }: { at: string }) {
  const now = useNow();
  return (
    <Hint text={exact(at)}>
      <time dateTime={at} className="whitespace-nowrap">
        {ago(at, now)}
      </time>
    </Hint>
  );
}
