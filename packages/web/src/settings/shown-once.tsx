import { Check, Copy } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";

interface ShownOnceProps {
  title: string;
  /** What it opens. */
  description: string;
  secret: string;
  onClose: () => void;
}

/** A secret that nobody can read again: it is closed by its button alone, not by a key pressed too early. */
export function ShownOnce({ title, description, secret, onClose }: ShownOnceProps) {
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    field.current?.select();
    // Browsers give the clipboard to pages of this machine and to encrypted ones, and may ask: else it is copied by hand.
    const isDone = await navigator.clipboard?.writeText(secret).then(
      () => true,
      () => false,
    );
    setCopied(isDone === true);
  };
  return (
    <Dialog
      open
      onClose={() => undefined}
      title={title}
      description={`${description} It is shown now and never again.`}
    >
      <div className="flex gap-2">
        <input
          ref={field}
          readOnly
          aria-label="Secret"
          value={secret}
          onFocus={(event) => event.target.select()}
          className="h-9 min-w-0 flex-1 rounded-md border border-edge bg-sunken px-2.5 font-mono text-xs"
        />
        <Button
          onClick={() => void copy()}
          icon={isCopied ? <Check aria-hidden className="size-4" /> : <Copy aria-hidden className="size-4" />}
        >
          {isCopied ? "Copied" : "Copy"}
        </Button>
      </div>
      <div className="flex justify-end">
        <Button tone="primary" onClick={onClose}>
          I have kept it
        </Button>
      </div>
    </Dialog>
  );
}
