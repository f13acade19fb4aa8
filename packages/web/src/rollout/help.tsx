import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";

const KEYS = [
  ["a", "Approve, where somebody is asked to"],
  ["p", "Pause, or resume what is paused"],
  ["r", "Roll back"],
  ["?", "This help"],
] as const;

/** What the keyboard does on the page of a rollout. Whatever changes who answers callers asks once more. */
export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title="Keys" description="Pressed anywhere on the page but in a field.">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-baseline gap-x-4 gap-y-2">
        {KEYS.map(([key, meaning]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="rounded border border-edge bg-sunken px-1.5 py-0.5 font-mono">{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <div className="flex justify-end">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
