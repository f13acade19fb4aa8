import { useEffect, useRef, useState } from "react";

/** After the last key press, before what was typed goes to the address. Milliseconds. */
const SETTLED_MS = 250;

/**
 * A text that is typed fast and kept somewhere slow, such as the address: what is shown follows the keys, what is kept follows
 * a moment later; what changes there by itself is shown.
 */
export function useSettled(kept: string, keep: (text: string) => void): [string, (text: string) => void] {
  const [shown, show] = useState(kept);
  const sent = useRef(kept);
  const keeping = useRef(keep);
  keeping.current = keep;
  useEffect(() => {
    if (kept === sent.current) return;
    sent.current = kept;
    show(kept);
  }, [kept]);
  useEffect(() => {
    if (shown === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = shown;
      keeping.current(shown);
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  return [shown, show];
}
