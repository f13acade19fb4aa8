import { Copy } from "lucide-react";
import { Button } from "./button.tsx";
import { useTell } from "./toast.tsx";

/** Puts a text on the clipboard. `what` names it to those who do not see what is beside. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const tell = useTell();
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => tell({ tone: "plain", title: "Copied" }),
      () => tell({ tone: "bad", title: "The browser does not let this page copy" }),
    );
  };
  return (
    <Button size="small" onClick={copy} aria-label={`Copy ${what}`} icon={<Copy aria-hidden className="size-3.5" />}>
      Copy
    </Button>
  );
}
