import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { useProject } from "../app/project.tsx";
import { runningQuery } from "../environments/queries.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { useTell } from "../ui/toast.tsx";

/** An environment with deployments stays: they would be nowhere. */
export function Remove({ name }: { name: string }) {
  const project = useProject();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const tell = useTell();
  const [isAsked, setAsked] = useState(false);
  const { data: running } = useQuery(runningQuery(project, name));
  const remove = useMutation({
    mutationFn: () =>
      ok(sluice.http.DELETE("/v1/environments/{name}", { params: { path: { name }, query: { project } } })),
    onSuccess: async () => {
      await navigate({ to: "/environments" });
      queries.removeQueries({ queryKey: ["environments", project, name] });
      await queries.invalidateQueries({ queryKey: ["environments", project] });
    },
    onError: (error) => tell({ tone: "bad", title: `${name} was not deleted`, detail: error.message }),
  });
  const isUsed = running !== undefined && running.items.length > 0;
  return (
    <>
      <Button
        tone="danger"
        refused={isUsed ? "Something runs here: remove it first" : null}
        busy={remove.isPending}
        onClick={() => setAsked(true)}
      >
        Delete
      </Button>
      {isAsked && (
        <Confirm
          title={`Delete ${name}?`}
          description="Its rules, freeze windows and targets are gone with it. Nothing runs in it."
          yes="Delete"
          onClose={() => setAsked(false)}
          onYes={() => remove.mutate()}
        />
      )}
    </>
  );
}
