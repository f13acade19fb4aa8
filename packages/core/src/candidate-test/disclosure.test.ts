import fc from "fast-check";
import { expect, test } from "vitest";
import { disclosures } from "./disclosure.ts";

const of = (body: string, headers: Record<string, string> = {}) => disclosures({ headers, body });

test.each([
  ["Error: x\n    at Object.<anonymous> (/app/server.mjs:10:15)", /JavaScript/],
  ['{"stack":"TypeError: a\\n    at handler (file:///srv/a.js:3:7)"}', /JavaScript/],
  ["Error<br>    at /app/node_modules/express/lib/router/index.js:284:15", /JavaScript/],
  ['Traceback (most recent call last):\n  File "/srv/app.py", line 7, in get', /Python/],
  ["\tat com.example.Shop.buy(Shop.java:42)", /Java/],
  ["java.lang.NullPointerException: null", /Java/],
  ["   at Shop.Buy(Int32 id) in C:\\src\\Shop.cs:line 7", /NET/],
  ["goroutine 17 [running]:", /Go/],
  ["thread 'main' panicked at src/main.rs:2:5", /Rust/],
  ["app.rb:7:in `get'", /Ruby/],
  ["Warning: Undefined variable $a in /var/www/index.php on line 3", /PHP/],
  ['near "SELEC": syntax error', /database/],
  ["<center>nginx/1.18.0 (Ubuntu)</center>", /server's version/],
])("%j is told to nobody", (body, what) => {
  expect(of(body).join()).toMatch(what);
});

test.each([
  '{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no such path"}',
  "See you at 10:30:00 (the usual place)",
  "File a complaint, line 2 of the form",
  "The java island is a place, and nginx is a name",
  "",
])("%j is a harmless answer", (body) => {
  expect(of(body, { server: "shop", "content-type": "text/plain", date: "Sat, 21 Nov 2026 10:00:00 GMT" })).toEqual([]);
});

test("headers that name software and version are found", () => {
  expect(of("", { "x-powered-by": "Express" })).toEqual(["header x-powered-by: Express"]);
  expect(of("", { server: "BaseHTTP/0.6 Python/3.13" })).toEqual([
    "header server: BaseHTTP/0.6 Python/3.13 (with its version)",
  ]);
});

test("any body is looked through, however it was made to be slow", () => {
  const pieces = fc.constantFrom(
    "at ",
    "at com.",
    'File "',
    ":1",
    ":1:1",
    "Warning: ",
    " in ",
    ".php",
    "a.",
    "(",
    "org.",
    "x",
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 2_000 }), fc.string(), (parts, tail) => {
      expect(of(parts.join("") + tail).length).toBeLessThan(20);
    }),
    { numRuns: 200 },
  );
});
