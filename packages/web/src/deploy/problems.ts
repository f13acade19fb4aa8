import { createContext, useContext } from "react";
import { problemAt } from "../api/problems.ts";

interface Wrong {
  /** Fields that need a number and have none. */
  blanks: readonly string[];
  error: unknown;
}

const Problems = createContext<Wrong>({ blanks: [], error: null });

/** What is wrong with the form that is around; by the names that the server gives the fields. */
export const WithProblems = Problems.Provider;

/** What is wrong with one field, or inside of it; undefined: nothing. */
export function useProblem(field: string | undefined): string | undefined {
  const wrong = useContext(Problems);
  return field === undefined ? undefined : problemIn(wrong, field);
}

/** Whether something is wrong with one of the fields, or inside of it. */
export function useAnyProblem(fields: readonly string[]): boolean {
  const wrong = useContext(Problems);
  return fields.some((field) => problemIn(wrong, field) !== undefined);
}

function problemIn({ blanks, error }: Wrong, field: string): string | undefined {
  const isBlank = blanks.some((blank) => blank.startsWith(field) && /^$|^[.[]/.test(blank.slice(field.length)));
  return isBlank ? "A number is needed" : problemAt(error, field);
}
