import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useOpener } from "./use-opener.ts";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  /** What it is about, in a sentence. */
  description?: ReactNode;
  children: ReactNode;
}

/** A click beside a form does not throw away what was written in it. */
function keepWritten(event: Event): void {
  if (document.querySelector("[role=dialog] form") !== null) event.preventDefault();
}

/** Is there while it is open; has the focus for as long, and gives it back. */
export function Dialog({ open, onClose, title, description, children }: DialogProps) {
  const { ref, giveBack } = useOpener();
  return (
    <Radix.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-ground/75" />
        <Radix.Content
          ref={ref}
          onCloseAutoFocus={giveBack}
          onPointerDownOutside={keepWritten}
          {...(description === undefined && { "aria-describedby": undefined })}
          className="fixed top-1/2 left-1/2 z-40 max-h-[90dvh] w-[min(34rem,calc(100vw-2rem))] -translate-x-1/2 -translate-y-1/2 space-y-4 overflow-y-auto rounded-xl border border-line bg-raised p-5 shadow-2xl"
        >
          <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
          {description !== undefined && (
            <Radix.Description asChild>
              <div className="text-muted">{description}</div>
            </Radix.Description>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
