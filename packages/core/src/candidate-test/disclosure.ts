import type { TestAnswer } from "./answer.ts";

/** Headers that name the software and nothing else. */
const BANNER_HEADERS = ["x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "x-generator"];

/**
 * What stack traces of common languages and version banners look like in one line. They meet text of strangers: no pattern
 * has two open ends that could both move, so each looks at a bounded number of characters from wherever it begins.
 */
const TRACES: readonly { what: string; pattern: RegExp }[] = [
  { what: "a JavaScript stack trace", pattern: /\bat [^\n/\\(<]{0,200}[/\\(<][^\n]{0,400}?:\d{1,7}:\d{1,7}/ },
  { what: "a JavaScript stack trace", pattern: /\bnode:internal\// },
  { what: "a Python traceback", pattern: /Traceback \(most recent call last\)/ },
  { what: "a Python traceback", pattern: /File "[^"\n]{1,400}", line \d/ },
  {
    what: "a Java stack trace",
    pattern: /\bat [\w$.]{1,300}\((?:[\w$]{1,200}\.(?:java|kt|scala)|Native Method|Unknown Source)/,
  },
  { what: "a Java exception", pattern: /\b(?:java|javax|org|com)\.[\w.]{1,200}(?:Exception|Error)\b/ },
  { what: "a .NET stack trace", pattern: /\bat [\w.<>`]{1,300}\([^)\n]{0,300}\) in [^\n]{1,300}:line \d/ },
  { what: "a Go panic", pattern: /\bgoroutine \d{1,12} \[/ },
  { what: "a Rust panic", pattern: /thread '[^'\n]{0,100}' panicked at/ },
  { what: "a Ruby backtrace", pattern: /\.rb:\d{1,7}:in [`']/ },
  {
    what: "a PHP error",
    pattern: /(?:Fatal error|Warning|Uncaught \w{1,60}):? (?:(?! in )[^\n]){0,300} in [^\n]{1,600}?\.php/,
  },
  { what: "a database's error", pattern: /\b(?:SQLSTATE\[|ORA-\d{5}|PG::\w+Error|near "[^"\n]{1,100}": syntax error)/ },
];

const BANNER =
  /\b(nginx|Apache|Werkzeug|gunicorn|uvicorn|Microsoft-IIS|Tomcat|Jetty|Kestrel|openresty|PHP)\/\d[\w.]{0,20}/i;

/** Lines longer than this are cut before they are looked at, and so many are looked at. */
const MAX_LINE = 2_000;
const MAX_LINES = 5_000;

/**
 * What an answer tells about the inside of a program that nobody outside should know: stack traces in its body, names and
 * versions of software in its headers or error page. A bare `server: name` without a version is let pass.
 */
export function disclosures({ headers, body }: Pick<TestAnswer, "headers" | "body">): string[] {
  const banners = BANNER_HEADERS.flatMap((name) => {
    const value = headers[name];
    return value === undefined ? [] : [`header ${name}: ${clip(value)}`];
  });
  const server = headers.server;
  if (server !== undefined && /\d/.test(server)) banners.push(`header server: ${clip(server)} (with its version)`);
  const traces = new Map<string, string>();
  for (const line of body.split(/\r\n|\n|\r|<br ?\/?>/, MAX_LINES)) {
    const text = line.slice(0, MAX_LINE);
    for (const { what, pattern } of TRACES) if (!traces.has(what) && pattern.test(text)) traces.set(what, text);
    const banner = BANNER.exec(text);
    if (banner !== null) traces.set("a server's version", banner[0]);
  }
  return [...banners, ...[...traces].map(([what, text]) => `${what} in the body: ${clip(text.trim())}`)];
}

const clip = (text: string): string => (text.length <= 120 ? text : `${text.slice(0, 119)}…`);
