import type { ErrorCode } from "@sluice/core";
import type { OpenAPIV3_1 } from "openapi-types";
import { PROBLEM_TYPE } from "./problem.ts";
import { HTTP_STATUS } from "./status.ts";

type Operation = OpenAPIV3_1.OperationObject;

const METHODS = ["get", "put", "post", "delete", "patch"] as const;

const EVERYWHERE = {
  invalid_argument: "A field is not as it must be; `errors` names each",
  unauthenticated: "No token, or one that does not count",
  permission_denied: "The token may not do this; without authentication: not a program of this machine",
  resource_exhausted: "Too many requests; `Retry-After` says when to come back",
  internal: "A bug; `instance` is the id to look for in the log",
  unavailable: "The database does not answer; `Retry-After` says when to come back",
  deadline_exceeded: "The request took too long",
} as const satisfies Partial<Record<ErrorCode, string>>;

const NAMED = { not_found: "What the path, or the request, names does not exist" } as const;
/** The one status beside those of the codes: Node answers it before there is a request. */
const TOO_LARGE = {
  status: 431,
  name: "headers_too_large",
  text: "Address and headers together are larger than 16 KiB",
};
const WRITING = {
  failed_precondition: "The state does not allow it, the name is taken, or another change came first",
} as const;

/** What only some paths answer, by status. */
const SOME: readonly { path: RegExp; texts: Readonly<Record<number, string>> }[] = [
  { path: /^\/v1\/resolve\//, texts: { 409: "The deployment is of a kind that is run, and not resolved" } },
  {
    path: /\/uploads(\/|$)/,
    texts: {
      412: "A version of tus that is not spoken here; `Tus-Version` says which are",
      413: "More bytes than a file, or this one, may have",
      415: "A piece that is not `application/offset+octet-stream`",
      460: "The checksum is not that of the bytes that came",
    },
  },
];

/** Every operation's errors are documented from the one table of statuses, so that none is forgotten by hand. */
export function documentErrors(document: Partial<OpenAPIV3_1.Document>): Partial<OpenAPIV3_1.Document> {
  const texts = { ...EVERYWHERE, ...NAMED, ...WRITING, [TOO_LARGE.name]: TOO_LARGE.text };
  const responses = Object.entries(texts).map(([code, text]) => [code, problem(text)]);
  const paths = Object.entries(document.paths ?? {}).map(([path, item]) => [path, withErrors(path, item ?? {})]);
  return {
    ...document,
    paths: Object.fromEntries(paths),
    components: { ...document.components, responses: Object.fromEntries(responses) },
  };
}

const problem = (description: string): OpenAPIV3_1.ResponseObject => ({
  description,
  content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
});

function withErrors(path: string, item: OpenAPIV3_1.PathItemObject): OpenAPIV3_1.PathItemObject {
  const operations = METHODS.flatMap((method) => {
    const operation = item[method];
    return operation === undefined
      ? []
      : [[method, { ...operation, responses: { ...errorsOf(path, method, operation), ...operation.responses } }]];
  });
  return { ...item, ...Object.fromEntries(operations) };
}

function errorsOf(path: string, method: string, { parameters = [] }: Operation): Operation["responses"] {
  const names = (one: object): boolean =>
    "in" in one && one.in === "query" && "name" in one && (one.name === "project" || one.name === "deployment");
  const codes: ErrorCode[] = [
    ...typedKeys(EVERYWHERE),
    ...(path.includes("{") || parameters.some(names) || method === "post" ? typedKeys(NAMED) : []),
    ...(method === "get" ? [] : typedKeys(WRITING)),
  ];
  const named = codes.map((code) => [HTTP_STATUS[code], code] as const);
  const some = SOME.filter((one) => one.path.test(path)).flatMap(({ texts }) => Object.entries(texts));
  const references = Object.fromEntries(
    [...named, [TOO_LARGE.status, TOO_LARGE.name] as const].map(([status, name]) => [
      status,
      { $ref: `#/components/responses/${name}` },
    ]),
  );
  return { ...references, ...Object.fromEntries(some.map(([status, text]) => [status, problem(text)])) };
}

const typedKeys = <Key extends string>(table: Readonly<Record<Key, string>>): Key[] => Object.keys(table) as Key[];
