import { exact } from "../format/time.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import type { AuditEntry } from "./queries.ts";

/** One entry as it stands in the chain. */
export function EntryDialog({ entry, onClose }: { entry: AuditEntry; onClose: () => void }) {
  const facts = [
    { name: "Who", value: entry.actor },
    { name: "When", value: exact(entry.at) },
    { name: "Of what", value: entry.subject, isMono: true },
    { name: "Hash", value: entry.hash, isMono: true },
    {
      name: "Hash of the entry before",
      value: entry.previous === "" ? "none: it is the first" : entry.previous,
      isMono: entry.previous !== "",
    },
  ];
  return (
    <Dialog open onClose={onClose} title={`${entry.action} (${entry.seq})`}>
      <dl className="space-y-2">
        {facts.map(({ name, value, isMono = false }) => (
          <div key={name}>
            <dt className="text-xs text-muted">{name}</dt>
            <dd className={`wrap-anywhere ${isMono ? "font-mono text-xs" : ""}`}>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
        <div>
          <dt className="text-xs text-muted">Detail</dt>
          <dd>
            <pre
              // biome-ignore lint/a11y/noNoninteractiveTabindex: long ones are scrolled by the keyboard as well
              tabIndex={0}
              className="max-h-80 overflow-auto rounded-md bg-sunken p-3 font-mono text-xs whitespace-pre-wrap wrap-anywhere"
            >
              {JSON.stringify(entry.detail, null, 2)}
            </pre>
          </dd>
        </div>
      </dl>
      <div className="flex justify-end">
        <Button onClick={onClose}>Close</Button>
      </div>
    </Dialog>
  );
}
