import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";

interface Labelled {
  label: ReactNode;
  /** What it is for, under the field. */
  help?: ReactNode;
  /** What is wrong with the value. */
  problem?: string | undefined;
}

const BOX =
  "w-full rounded-md border border-edge bg-surface px-2.5 text-text placeholder:text-muted aria-invalid:border-bad disabled:opacity-60";

function Around({ id, label, help, problem, children }: Labelled & { id: string; children: ReactNode }) {
  return (
    <div className="min-w-0 space-y-1">
      <label htmlFor={id} className="block text-xs font-medium text-muted">
        {label}
      </label>
      {children}
      {help !== undefined && (
        <p id={`${id}-help`} className="text-xs text-muted wrap-anywhere">
          {help}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} role="alert" className="text-xs text-bad wrap-anywhere">
          {problem}
        </p>
      )}
    </div>
  );
}

const described = (id: string, { help, problem }: Labelled) => ({
  id,
  "aria-invalid": problem === undefined ? undefined : true,
  "aria-describedby":
    [help === undefined ? "" : `${id}-help`, problem === undefined ? "" : `${id}-problem`].join(" ").trim() ||
    undefined,
});

export function TextField({ label, help, problem, ...input }: Labelled & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <Around {...{ id, label, help, problem }}>
      <input {...input} {...described(id, { label, help, problem })} className={`h-9 ${BOX}`} />
    </Around>
  );
}

export function TextArea({ label, help, problem, ...area }: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  return (
    <Around {...{ id, label, help, problem }}>
      <textarea rows={3} {...area} {...described(id, { label, help, problem })} className={`py-1.5 ${BOX}`} />
    </Around>
  );
}

export function Choice({
  label,
  help,
  problem,
  children,
  ...select
}: Labelled & SelectHTMLAttributes<HTMLSelectElement>) {
  const id = useId();
  return (
    <Around {...{ id, label, help, problem }}>
      <select {...select} {...described(id, { label, help, problem })} className={`h-9 ${BOX}`}>
        {children}
      </select>
    </Around>
  );
}
