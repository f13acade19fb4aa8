import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import { Dialog } from "./dialog.tsx";

interface ConfirmProps {
  title: string;
  /** What will happen. */
  description: ReactNode;
  /** What the button says that does it. */
  yes: string;
  onClose: () => void;
  onYes: () => void;
}

/** Asks once more before something is done that cannot be taken back. */
export function Confirm({ title, description, yes, onClose, onYes }: ConfirmProps) {
  return (
    <Dialog open onClose={onClose} title={title} description={description}>
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button
          tone="danger"
          onClick={() => {
            onClose();
            onYes();
          }}
        >
          {yes}
        </Button>
      </div>
    </Dialog>
  );
}
