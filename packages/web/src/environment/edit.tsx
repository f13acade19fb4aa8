import type { Environment } from "@sluice/client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { ok, sluice } from "../api/client.ts";
import { environmentQuery } from "../environments/queries.ts";
import { Card } from "../ui/card.tsx";
import { FormProblem } from "../ui/form-problem.tsx";
import { Loading } from "../ui/states.tsx";
import { useTell } from "../ui/toast.tsx";
import type { EnvironmentSpec } from "./form.ts";
import { RuleForm } from "./rule-form.tsx";

const route = getRouteApi("/environments/$name");

// Whoever writes no text has no use for what reads it.
const SpecText = lazy(() => import("./spec-text.tsx"));

/** Somebody else was faster: what they wrote would be undone unseen. */
class Overtaken extends Error {
  override readonly message =
    "Somebody has changed this environment since you began. Close this, look at what they changed, and begin anew.";
}

export interface EditorProps {
  environment: Environment;
  onSave: (spec: EnvironmentSpec) => void;
  onClose: () => void;
  isSaving: boolean;
  error: Error | null;
}

/** Changes the environment, by fields or as text. What others change meanwhile does not change what is being written. */
export function Edit({ environment: current, as }: { environment: Environment; as: "form" | "text" }) {
  const [environment] = useState(current);
  const navigate = route.useNavigate();
  const tell = useTell();
  const close = (): void => void navigate({ search: ({ edit: _, ...rest }) => rest, resetScroll: false });
  const save = useSave(environment, () => {
    tell({
      tone: "plain",
      title: `${environment.name} is changed`,
      detail: "Rollouts that have begun keep their rules.",
    });
    close();
  });
  const props = {
    ...{ environment, onSave: save.mutate, onClose: close, isSaving: save.isPending, error: save.error },
  };
  // Told before it is tried in vain; who has tried is told beside the button.
  const isTold = save.error instanceof Overtaken || save.isPending || save.isSuccess;
  const isOvertaken = current.updatedAt !== environment.updatedAt && !isTold;
  return (
    <Card title={as === "form" ? "Change rules" : "Edit as text"}>
      {isOvertaken && (
        <p role="status" className="border-b border-line bg-warn-ground px-4 py-2 text-warn">
          {new Overtaken().message}
        </p>
      )}
      {as === "form" ? (
        <RuleForm {...props} />
      ) : (
        <Suspense fallback={<Loading rows={12} />}>
          <SpecText {...props} />
        </Suspense>
      )}
      {save.error !== null && (
        <div className="border-t border-line p-4">
          <FormProblem error={save.error} />
        </div>
      )}
    </Card>
  );
}

function useSave({ project, name, updatedAt }: Environment, onSaved: () => void) {
  const queries = useQueryClient();
  const { queryKey } = environmentQuery(project, name);
  return useMutation({
    mutationFn: async (body: EnvironmentSpec) => {
      const now = await queries.fetchQuery({ ...environmentQuery(project, name), staleTime: 0 });
      if (now.updatedAt !== updatedAt) throw new Overtaken();
      return ok(sluice.http.PUT("/v1/environments/{name}", { params: { path: { name }, query: { project } }, body }));
    },
    onSuccess: (saved) => {
      queries.setQueryData(queryKey, saved);
      void queries.invalidateQueries({ queryKey: ["environments", project] });
      onSaved();
    },
  });
}
