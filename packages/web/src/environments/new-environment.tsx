import type { Environment } from "@sluice/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { problemAt } from "../api/problems.ts";
import { environmentsQuery } from "../api/queries.ts";
import { useProject } from "../app/project.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Choice, TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { TIERS } from "./tiers.ts";

/** Its rules are set on its own page, where there is room for them. */
export function NewEnvironment({ onClose }: { onClose: () => void }) {
  const project = useProject();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [tier, setTier] = useState<Environment["tier"]>("custom");
  const known = queries.getQueryData(environmentsQuery(project).queryKey)?.items ?? [];
  // Writing one that is there would take all its rules from it.
  const isTaken = known.some((environment) => environment.name === name.trim());
  const create = useMutation({
    mutationFn: () =>
      ok(
        sluice.http.PUT("/v1/environments/{name}", {
          params: { path: { name: name.trim() }, query: { project } },
          body: { tier },
        }),
      ),
    onSuccess: async ({ name: made }) => {
      await queries.invalidateQueries({ queryKey: ["environments", project] });
      await navigate({ to: "/environments/$name", params: { name: made }, search: { edit: "form" } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!isTaken && name.trim() !== "") create.mutate();
  };
  return (
    <Dialog
      open
      onClose={onClose}
      title="New environment"
      description="Programs of it run on the server until it has other targets."
    >
      <form onSubmit={submit} className="space-y-4">
        <TextField
          label="Name"
          value={name}
          maxLength={63}
          required
          onChange={(event) => setName(event.target.value)}
          problem={
            isTaken ? "There is one of this name" : (problemAt(create.error, "path.name") ?? create.error?.message)
          }
        />
        <Choice
          label="Tier"
          value={tier}
          onChange={(event) => setTier(TIERS.find((one) => one === event.target.value) ?? "custom")}
        >
          {TIERS.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Choice>
        <FormActions submit="Create" busy={create.isPending} onClose={onClose} />
      </form>
    </Dialog>
  );
}
