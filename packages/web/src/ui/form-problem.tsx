import { fieldsOf } from "../api/problems.ts";

/** Why the server did not take a form: every field that it names, else its sentence. */
export function FormProblem({ error }: { error: Error | null }) {
  if (error === null) return null;
  const fields = fieldsOf(error);
  return (
    <div role="alert" className="rounded-md bg-bad-ground p-3 text-bad wrap-anywhere">
      {fields.length === 0 ? (
        error.message
      ) : (
        <ul>
          {fields.map(({ field, words }) => (
            <li key={`${field} ${words}`}>
              <code className="font-mono">{field}</code>: {words}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
