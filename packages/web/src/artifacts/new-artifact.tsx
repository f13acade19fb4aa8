import type { Artifact } from "@sluice/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { problemAt } from "../api/problems.ts";
import { useProject } from "../app/project.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Choice, TextField } from "../ui/field.tsx";
import { FormActions } from "../ui/form-actions.tsx";
import { KINDS } from "./filter.ts";

const WHAT: Readonly<Record<Artifact["kind"], string>> = {
  application: "A program or an image that answers requests, works on, or comes to an end.",
  agent: "A program or an image that acts on its own; it is deployed like an application.",
  model: "Files that a model server answers from, or a program of its own.",
  pipeline: "A collector's configuration, made from a template or written as it is.",
  prompt: "A text or messages with variables, read by applications while they run.",
};

/** An artifact without versions; the first one is registered on its page. */
export function NewArtifact({ onClose }: { onClose: () => void }) {
  const project = useProject();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [kind, setKind] = useState<Artifact["kind"]>("application");
  const create = useMutation({
    // A model has a number beside its name, by which its files are uploaded.
    mutationFn: async () => {
      const wanted = { project, name: name.trim() };
      if (kind === "model") await ok(sluice.http.POST("/api/v1/models", { body: wanted }));
      else await ok(sluice.http.POST("/v1/artifacts", { body: { ...wanted, kind } }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["artifacts", project] });
      await navigate({ to: "/artifacts/$name", params: { name: name.trim() } });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (name.trim() !== "" && !create.isPending) create.mutate();
  };
  return (
    <Dialog open onClose={onClose} title="New artifact" description="What has versions, each of which never changes.">
      <form onSubmit={submit} className="space-y-4">
        <TextField
          label="Name"
          value={name}
          required
          maxLength={63}
          onChange={(event) => setName(event.target.value)}
          problem={problemAt(create.error, "name") ?? create.error?.message}
        />
        <Choice
          label="Kind"
          value={kind}
          help={WHAT[kind]}
          onChange={(event) => setKind(KINDS.find((one) => one === event.target.value) ?? "application")}
        >
          {KINDS.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </Choice>
        <FormActions submit="Create" busy={create.isPending} onClose={onClose} />
      </form>
    </Dialog>
  );
}
