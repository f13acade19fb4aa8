import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { fieldsOf, problemAt } from "../api/problems.ts";
import { useProject } from "../app/project.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextArea, TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";

interface WriteSecretProps {
  /** Of the one to rotate; empty: a new one. */
  name: string;
  known: readonly string[];
  onClose: () => void;
  onWritten: () => void;
}

/** A value that nobody can read again. What runs keeps the one it began with, until a rollout gives it the new one. */
export function WriteSecret({ name: given, known, onClose, onWritten }: WriteSecretProps) {
  const project = useProject();
  const [name, setName] = useState(given);
  const [value, setValue] = useState("");
  const isNew = given === "";
  const isTaken = isNew && known.includes(name.trim());
  const write = useMutation({
    mutationFn: () =>
      ok(
        sluice.http.PUT("/v1/secrets/{name}", {
          params: { path: { name: name.trim() }, query: { project } },
          body: { value },
        }),
      ),
    onSuccess: () => {
      setValue("");
      onWritten();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isTaken) write.mutate();
  };
  if (write.data !== undefined) return <Written name={write.data.name} users={write.data.users} onClose={onClose} />;
  const { error } = write;
  const elsewhere = fieldsOf(error).length === 0 ? error?.message : undefined;
  return (
    <Dialog
      open
      onClose={onClose}
      title={isNew ? "New secret" : `Rotate ${given}`}
      description={isNew ? undefined : "What runs keeps the value that it has, until it is deployed again."}
    >
      <form onSubmit={submit} className="space-y-4">
        {isNew && (
          <TextField
            label="Name"
            value={name}
            maxLength={63}
            required
            onChange={(event) => setName(event.target.value)}
            problem={isTaken ? "There is one of this name: rotate it" : problemAt(error, "path.name")}
          />
        )}
        <TextArea
          label="Value"
          value={value}
          required
          maxLength={65_536}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setValue(event.target.value)}
          problem={problemAt(error, "value") ?? elsewhere}
          className="font-mono"
        />
        <FormActions submit="Write" busy={write.isPending} onClose={onClose} />
      </form>
    </Dialog>
  );
}

function Written({ name, users, onClose }: { name: string; users: readonly string[]; onClose: () => void }) {
  return (
    <Dialog open onClose={onClose} title={`${name} is written`}>
      {users.length === 0 ? (
        <p>No deployment has an earlier value.</p>
      ) : (
        <>
          <p>These deployments have an earlier value until their configuration is deployed again:</p>
          <ul className="list-disc pl-5">
            {users.map((user) => (
              <li key={user} className="wrap-anywhere">
                <bdi>{user}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
      <div className="flex justify-end">
        <Button tone="primary" onClick={onClose}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
