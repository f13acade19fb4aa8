import { type Browser, type BrowserContext, chromium, type Page, type Request } from "playwright-core";
import { chromiumProgram } from "./chromium.ts";

export const WIDTHS = { wide: 1280, narrow: 390 } as const;
export const THEMES = ["light", "dark"] as const;

interface Look {
  theme?: (typeof THEMES)[number];
  width?: number;
}

/** Somebody with a browser profile of their own. Disposing closes it, and throws when something went wrong that was not expected. */
export interface Person extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser said of errors and requests that failed, and nobody expected. */
  readonly complaints: readonly string[];
  /** From here on complaints like this one belong to the test. */
  expectComplaint(like: RegExp): void;
}

export interface TestBrowser extends AsyncDisposable {
  readonly browser: Browser;
  /** Somebody who looks at the console at `url`. */
  person(url: string, look?: Look): Promise<Person>;
}

/** Root has no sandbox, and small containers no large /dev/shm. What keeps pages apart stays as it is for users. */
const ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none"];

/** How long a person waits for something to appear: as long as a machine that is busy with other tests may take. Milliseconds. */
const PATIENCE_MS = 60_000;

const asked = new WeakMap<Page, Set<Request>>();

/** What the page has asked for and has no answer to yet, but for what never ends. */
export const unanswered = (page: Page): readonly string[] =>
  [...(asked.get(page) ?? [])].map((request) => request.url());

function followRequests(page: Page): void {
  const waiting = new Set<Request>();
  asked.set(page, waiting);
  page.on("request", (request) => {
    if (request.headers().accept !== "text/event-stream") waiting.add(request);
  });
  page.on("requestfinished", (request) => void waiting.delete(request));
  page.on("requestfailed", (request) => void waiting.delete(request));
}

/** A real Chromium, of which a test file needs one. */
export async function openBrowser(more: readonly string[] = []): Promise<TestBrowser> {
  const browser = await chromium.launch({
    executablePath: await chromiumProgram(),
    args: [...ARGUMENTS, ...more],
    headless: true,
  });
  return {
    browser,
    async person(url, { theme = "light", width = WIDTHS.wide } = {}) {
      const context = await browser.newContext({
        baseURL: url,
        viewport: { width, height: 900 },
        colorScheme: theme,
        locale: "en-US",
        timezoneId: "Europe/Berlin",
      });
      context.setDefaultTimeout(PATIENCE_MS);
      const page = await context.newPage();
      followRequests(page);
      const complaints: string[] = [];
      const expected: RegExp[] = [];
      const complain = (text: string): void => {
        if (!expected.some((like) => like.test(text))) complaints.push(text);
      };
      page.on("console", (message) => {
        if (message.type() === "error" || message.type() === "warning")
          complain(`${message.text()} ${message.location().url}`);
      });
      page.on("pageerror", (error) => complain(`thrown: ${error.stack ?? error.message}`));
      page.on("requestfailed", (request) => {
        const why = request.failure()?.errorText ?? "";
        // Whoever leaves a page leaves its requests, too.
        if (why !== "net::ERR_ABORTED") complain(`${request.method()} ${request.url()}: ${why}`);
      });
      return {
        page,
        context,
        complaints,
        expectComplaint: (like) => void expected.push(like),
        async [Symbol.asyncDispose]() {
          await context.close();
          if (complaints.length > 0) throw new Error(`the browser complained:\n${complaints.join("\n")}`);
        },
      };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
