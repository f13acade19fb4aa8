import type { ReactNode } from "react";

interface TableProps {
  /** What it lists, for those who hear it. */
  label: string;
  /** Names of the columns; one without a name that is seen has one that is heard: `{ hidden: "Actions" }`. */
  head: readonly (string | { hidden: string })[];
  children: ReactNode;
}

/** Rows of things. Where it is wider than its place, it is scrolled there, by the keyboard as well. */
export function Table({ label, head, children }: TableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields, a section a second landmark inside that of its card
    <div role="group" aria-label={label} tabIndex={0} className="relative overflow-x-auto">
      <table className="w-full text-left">
        <thead>
          <tr className="border-b border-line">
            {head.map((name) => (
              <th
                key={typeof name === "string" ? name : name.hidden}
                scope="col"
                className="px-4 py-2 text-xs font-medium whitespace-nowrap text-muted"
              >
                {typeof name === "string" ? name : <span className="sr-only">{name.hidden}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">{children}</tbody>
      </table>
    </div>
  );
}

/** A cell; the one that names its row is a heading of it. */
export function Cell({
  heading = false,
  className = "",
  children,
}: {
  heading?: boolean;
  className?: string;
  children?: ReactNode;
}) {
  const classes = `px-4 py-2 align-top ${className}`;
  return heading ? (
    <th scope="row" className={`${classes} font-medium`}>
      {children}
    </th>
  ) : (
    <td className={classes}>{children}</td>
  );
}
