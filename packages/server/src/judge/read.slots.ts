/** Readings that may be under way at once, over all rollouts of this server. */
const SLOTS = 64;

export interface ReadSlots {
  /** False when none is free. */
  take(): boolean;
  free(): void;
}

export function createReadSlots(slots = SLOTS): ReadSlots {
  let taken = 0;
  return {
    take() {
      if (taken >= slots) return false;
      taken += 1;
      return true;
    },
    free() {
      taken -= 1;
    },
  };
}
