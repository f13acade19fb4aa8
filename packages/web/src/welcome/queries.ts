import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import { useTell } from "../ui/toast.tsx";

/** While it is taken away, nothing tells of its end (ms). */
const LOOK_MS = 1_000;

export const demoQuery = (project: string) =>
  queryOptions({
    queryKey: ["demo", project],
    queryFn: ({ signal }) => ok(sluice.http.GET("/v1/demo", { params: { query: { project } }, signal })),
    refetchInterval: ({ state }) => (state.data?.demo?.removing === true ? LOOK_MS : false),
  });

/** Begins the demo; `onBegun` is told the rollout to look at. */
export function useBeginDemo(project: string, onBegun: (rollout: string) => void) {
  const queries = useQueryClient();
  const tell = useTell();
  return useMutation({
    mutationFn: () => ok(sluice.http.POST("/v1/demo", { params: { query: { project } } })),
    onSuccess: (answer) => {
      queries.setQueryData(demoQuery(project).queryKey, answer);
      if (answer.demo?.rollout != null) onBegun(answer.demo.rollout);
    },
    onError: (error) => tell({ tone: "bad", title: "The demo has not begun", detail: error.message }),
  });
}

export function useRemoveDemo(project: string) {
  const queries = useQueryClient();
  const tell = useTell();
  return useMutation({
    mutationFn: () => ok(sluice.http.DELETE("/v1/demo", { params: { query: { project } } })),
    onSuccess: () => queries.invalidateQueries(demoQuery(project)),
    onError: (error) => tell({ tone: "bad", title: "The demo is still there", detail: error.message }),
  });
}
