import { OFREPProvider } from "@openfeature/ofrep-provider";
import type { EvaluationContext, Provider, TrackingEventDetails } from "@openfeature/server-sdk";

type Options = ConstructorParameters<typeof OFREPProvider>[0];

/**
 * OpenFeature's own provider, with tracking: `client.track("greeting", context, { value: 0.9, revision: 2 })` reports how an answer
 * of the prompt `greeting` went. `value` is its quality from 0 to 1; `error`, `latencyMs`, `cost`, `comment` and `id` may stand
 * beside it. Without `revision` (in the evaluation's `flagMetadata`) the version that the targeting key gets now is meant.
 */
export class SluiceProvider extends OFREPProvider implements Provider {
  readonly #options: Options;
  readonly #reports = new Set<Promise<void>>();
  readonly #failed: (error: unknown) => void;

  /** `failed` hears of reports that did not arrive: tracking never throws. */
  constructor(options: Options, failed: (error: unknown) => void = console.error) {
    super(options);
    this.#options = options;
    this.#failed = failed;
  }

  track(deployment: string, context: EvaluationContext = {}, details: TrackingEventDetails = {}): void {
    const { value, revision, ...told } = details;
    const answered = revision === undefined ? { key: context.targetingKey ?? "" } : { revision };
    const report = { deployment, ...answered, ...told, ...(value !== undefined && { score: value }) };
    const sent = this.#send(report).catch(this.#failed);
    this.#reports.add(sent);
    sent.finally(() => this.#reports.delete(sent));
  }

  /** Resolves when every report is on its server's disk, or has failed: for programs that end. */
  async settled(): Promise<void> {
    await Promise.all(this.#reports);
  }

  async #send(report: object): Promise<void> {
    const headers = new Headers(this.#options.headers);
    for (const [name, value] of new Headers(await this.#options.headersFactory?.())) headers.set(name, value);
    headers.set("content-type", "application/json");
    const environment = headers.get("x-sluice-environment");
    const body = JSON.stringify({ ...report, ...(environment !== null && { environment }) });
    const send = this.#options.fetchImplementation ?? fetch;
    const answer = await send(`${this.#options.baseUrl}/v1/feedback`, { method: "POST", headers, body });
    if (!answer.ok) throw new Error(`feedback was answered ${answer.status}: ${await answer.text()}`);
  }
}
