import { SluiceError } from "@sluice/core";

/** A token that counted once, and no more: whoever shows it has guessed nothing. */
export class EndedTokenError extends SluiceError {
  constructor(message: string) {
    super("unauthenticated", message);
  }
}

/** Whether what failed may have been an attempt to find something that is let in. */
export const isGuess = (error: unknown): boolean =>
  error instanceof SluiceError && error.code === "unauthenticated" && !(error instanceof EndedTokenError);
