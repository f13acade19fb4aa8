import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";

/** Says more about what it surrounds, on hover and on focus; null: there is nothing to say now. */
export function Hint({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      {text !== null && (
        <Tooltip.Portal>
          <Tooltip.Content
            sideOffset={6}
            collisionPadding={8}
            className="z-50 max-w-80 rounded-md border border-line bg-raised px-2.5 py-1.5 text-xs text-text shadow-lg"
          >
            {text}
          </Tooltip.Content>
        </Tooltip.Portal>
      )}
    </Tooltip.Root>
  );
}
