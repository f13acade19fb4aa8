import { useCallback, useState } from "react";

/** Who opened each dialog that is open. */
const openers = new WeakMap<Element, HTMLElement>();

/** What has the focus now; in a dialog that another one follows, what had it before that one. */
function openerNow(): HTMLElement | null {
  const active = document.activeElement;
  if (!(active instanceof HTMLElement)) return null;
  const around = active.closest("[role=dialog]");
  return (around && openers.get(around)) ?? active;
}

/**
 * Where the focus was before a dialog opened, which buttons of ours open without being known to it: `ref` is for the dialog, and
 * `giveBack` for when it has closed. What is no longer there gets nothing; then the page goes on at its beginning.
 */
export function useOpener(): { ref: (dialog: Element | null) => void; giveBack: (event: Event) => void } {
  // Looked up before anything of the dialog is there, and while one that it follows still is: a field may take the focus as it comes.
  const [opener] = useState(openerNow);
  const ref = useCallback(
    (dialog: Element | null) => {
      if (dialog !== null && opener !== null) openers.set(dialog, opener);
    },
    [opener],
  );
  return {
    ref,
    giveBack(event) {
      event.preventDefault();
      const place = opener?.isConnected === true && opener !== document.body ? opener : document.getElementById("main");
      place?.focus();
    },
  };
}
