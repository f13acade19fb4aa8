import { type ReactNode, useId } from "react";

interface CardProps {
  title?: ReactNode;
  /** Beside the title, at the end of the line. */
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}

/** A part of a page with a name of its own. */
export function Card({ title, aside, children, className = "" }: CardProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={title === undefined ? undefined : id}
      className={`min-w-0 rounded-lg border border-line bg-surface ${className}`}
    >
      {title !== undefined && (
        <header className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-2">
          <h2 id={id} className="text-sm font-semibold">
            {title}
          </h2>
          {aside}
        </header>
      )}
      {children}
    </section>
  );
}
