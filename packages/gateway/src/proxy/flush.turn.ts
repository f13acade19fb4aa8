/** Something that was begun and may be written out before it is whole. */
export interface Flushable {
  flush(): void;
}

/** Whose answer began in this turn of the event loop: one timer for all of them. */
const begun: Flushable[] = [];

/** Flushes it at the end of this turn of the event loop: by then small answers are whole, and have left in one write. */
export function flushAfterTurn(one: Flushable): void {
  if (begun.push(one) === 1) setImmediate(flushAll);
}

function flushAll(): void {
  for (const one of begun) one.flush();
  begun.length = 0;
}
