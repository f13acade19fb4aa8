/** One bad field of a request, as the server names it. */
export interface FieldProblem {
  field: string;
  found?: unknown;
  allowed?: string;
}

/** RFC 9457 `application/problem+json` as Sluice writes it. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Names this one failure; search the server's log for it. */
  instance?: string;
  /** One of the closed set of codes, such as `failed_precondition`. */
  code?: string;
  errors?: FieldProblem[];
}

/** The server answered, and the answer was no. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail === "" ? problem.title : problem.detail);
    this.status = problem.status;
    this.problem = problem;
  }

  /** Reads the problem out of an answer that is not 2xx. Answers of something that is not Sluice become one too. */
  static async from(response: Response): Promise<ApiError> {
    const text = await response.text().catch(() => "");
    return new ApiError(parseProblem(text) ?? strangeAnswer(response, text));
  }
}

/** No answer at all: nothing listens there, or the connection broke. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  readonly url: string;

  constructor(url: string, cause: unknown) {
    super(`no answer from ${url}: ${reasonOf(cause)}`, { cause });
    this.url = url;
  }
}

/** Whether asking again later may help: there was no answer, or the server said that it has none for now (503). */
export const isPassing = (error: unknown): error is ApiError | UnreachableError =>
  error instanceof UnreachableError || (error instanceof ApiError && error.status === 503);

function parseProblem(text: string): Problem | null {
  try {
    const body: unknown = JSON.parse(text);
    return isProblem(body) ? body : null;
  } catch {
    return null;
  }
}

const isProblem = (body: unknown): body is Problem =>
  typeof body === "object" &&
  body !== null &&
  "status" in body &&
  typeof body.status === "number" &&
  "detail" in body &&
  typeof body.detail === "string";

const strangeAnswer = (response: Response, text: string): Problem => ({
  type: "about:blank",
  title: response.statusText,
  status: response.status,
  detail: `${response.url} answered ${response.status}, not as Sluice does: ${text.slice(0, 200) || "(empty)"}`,
});

/** fetch says only "fetch failed"; the reason is in its causes. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  return cause.cause === undefined ? cause.message : reasonOf(cause.cause);
}
