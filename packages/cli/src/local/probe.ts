/** Milliseconds that something on this machine may take to answer. */
const PATIENCE = 2_000;

/** What an address answers to GET: its status and body, or null when nothing answers in time. */
export async function probe(url: string): Promise<{ status: number; headers: Headers; text: string } | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch {
    return null;
  }
}

/** The address at which a server says whether it is ready; it may live below a path. */
export const readinessOf = (serverUrl: string): string => `${serverUrl.replace(/\/+$/, "")}/readyz`;

export const isReady = async (serverUrl: string): Promise<boolean> =>
  (await probe(readinessOf(serverUrl)))?.status === 200;
