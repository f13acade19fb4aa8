import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { useTell } from "../ui/toast.tsx";

/** How long it is said that the text was copied. Milliseconds. */
const SAID_MS = 2_000;

interface ManifestProps {
  text: string;
  /** Every number is one: `apply` would take no other text. */
  isComplete: boolean;
}

/** The same as the form, for a repository and `sluice apply`. */
export function ManifestCard({ text, isComplete }: ManifestProps) {
  return (
    <Card title="The same as sluice.yaml" aside={<CopyButton text={text} isComplete={isComplete} />}>
      <p className="px-4 py-3 text-xs text-muted">
        For a repository: <code>sluice apply -f sluice.yaml</code> does the same as the button above. What has no field
        here is written there by hand: weights and non-inferiority of metrics, headers and JSON of test requests, what
        the security test is told, steps that match several things at once.
      </p>
      <section
        aria-label="sluice.yaml"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
        tabIndex={0}
        className="max-h-96 min-h-40 overflow-auto border-t border-line p-4"
      >
        <pre className="font-mono text-xs">{text}</pre>
      </section>
    </Card>
  );
}

function CopyButton({ text, isComplete }: ManifestProps) {
  const tell = useTell();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      tell({
        tone: "bad",
        title: "Not copied",
        detail: "The browser does not let the page copy; mark the text instead.",
      });
    }
  };
  const Icon = copied ? Check : Copy;
  return (
    <Button
      size="small"
      refused={isComplete ? null : "A field needs a number"}
      onClick={() => void copy()}
      icon={<Icon aria-hidden className="size-3.5" />}
    >
      <span aria-live="polite">{copied ? "Copied" : "Copy"}</span>
    </Button>
  );
}
