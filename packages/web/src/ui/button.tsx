import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Hint } from "./hint.tsx";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: "plain" | "primary" | "danger" | "quiet";
  size?: "small" | "normal";
  /** Why it cannot be used now; it stays where it is, can be reached, and says so. */
  refused?: string | null;
  busy?: boolean;
  icon?: ReactNode;
}

const TONES = {
  plain: "border-edge bg-surface text-text hover:bg-sunken",
  primary: "border-transparent bg-accent text-accent-text hover:opacity-90",
  danger: "border-bad bg-surface text-bad hover:bg-bad-ground",
  quiet: "border-transparent text-muted hover:bg-sunken hover:text-text",
};
const SIZES = { small: "h-7 px-2 text-xs", normal: "h-9 px-3 text-sm" };

export function Button({
  tone = "plain",
  size = "normal",
  refused,
  busy,
  icon,
  children,
  className = "",
  onClick,
  ...rest
}: ButtonProps) {
  const off = (refused ?? null) !== null || busy === true;
  // What takes a while is begun once: the second half of a double click comes before anybody knows of the first.
  const begins = busy !== undefined;
  const button = (
    <button
      type="button"
      {...rest}
      aria-disabled={off || rest.disabled || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (off || (begins && event.detail > 1)) event.preventDefault();
        else onClick?.(event);
      }}
      className={`inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap disabled:opacity-55 aria-disabled:cursor-not-allowed aria-disabled:opacity-55 ${TONES[tone]} ${SIZES[size]} ${className}`}
    >
      {icon}
      {children}
    </button>
  );
  // A button that may be refused is always surrounded: it stays the same one, and keeps the focus, whether it is or not.
  return refused === undefined ? button : <Hint text={refused}>{button}</Hint>;
}
