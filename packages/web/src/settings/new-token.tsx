import type { Token } from "@sluice/client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { fieldsOf, problemAt } from "../api/problems.ts";
import { environmentsQuery } from "../api/queries.ts";
import { useProject } from "../app/project.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Choice, TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { expiryOf, LIFETIMES } from "./token.ts";

const ROLES: readonly { role: Token["role"]; may: string }[] = [
  { role: "viewer", may: "looks at everything" },
  { role: "deployer", may: "deploys, and steers rollouts" },
  { role: "approver", may: "approves too" },
  { role: "admin", may: "changes rules, tokens and channels too" },
];

interface NewTokenProps {
  onClose: () => void;
  onMade: (made: { name: string; token: string }) => void;
}

export function NewToken({ onClose, onMade }: NewTokenProps) {
  const project = useProject();
  const { data } = useQuery(environmentsQuery(project));
  const [name, setName] = useState("");
  const [role, setRole] = useState<Token["role"]>("viewer");
  const [environment, setEnvironment] = useState("");
  const [lifetime, setLifetime] = useState(0);
  const create = useMutation({
    mutationFn: () =>
      ok(
        sluice.http.POST("/v1/tokens", {
          body: {
            ...{ project, name: name.trim(), role },
            environment: environment === "" ? null : environment,
            expiresAt: expiryOf(LIFETIMES[lifetime]?.days ?? null, Date.now()),
          },
        }),
      ),
    onSuccess: onMade,
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  const { error } = create;
  return (
    <Dialog open onClose={onClose} title="New token" description="For a person, or for a program that deploys.">
      <form onSubmit={submit} className="space-y-4">
        <TextField
          label="Name"
          help="Stands in the audit log beside whatever is done with it"
          value={name}
          maxLength={100}
          required
          onChange={(event) => setName(event.target.value)}
          problem={problemAt(error, "name") ?? (fieldsOf(error).length === 0 ? error?.message : undefined)}
        />
        <Choice
          label="Role"
          value={role}
          onChange={(event) => setRole(ROLES.find((one) => one.role === event.target.value)?.role ?? "viewer")}
        >
          {ROLES.map(({ role: one, may }) => (
            <option key={one} value={one}>
              {one}: {may}
            </option>
          ))}
        </Choice>
        <Choice
          label="Reach"
          value={environment}
          onChange={(event) => setEnvironment(event.target.value)}
          problem={problemAt(error, "environment")}
        >
          <option value="">Every environment of {project}</option>
          {data?.items.map((one) => (
            <option key={one.name} value={one.name}>
              {one.name} alone
            </option>
          ))}
        </Choice>
        <Choice
          label="Counts for"
          value={lifetime}
          onChange={(event) => setLifetime(Number(event.target.value))}
          problem={problemAt(error, "expiresAt")}
        >
          {LIFETIMES.map(({ label }, index) => (
            <option key={label} value={index}>
              {label}
            </option>
          ))}
        </Choice>
        <FormActions submit="Create" busy={create.isPending} onClose={onClose} />
      </form>
    </Dialog>
  );
}
