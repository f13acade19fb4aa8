import { infiniteQueryOptions, keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ok, sluice } from "../api/client.ts";
import { environmentsQuery } from "../api/queries.ts";
import { useProject } from "../app/project.tsx";
import { Card } from "../ui/card.tsx";
import { Earlier } from "../ui/earlier.tsx";
import { Choice } from "../ui/field.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { useTitle } from "../ui/use-title.ts";
import { artifactNamesQuery } from "./artifact-names.ts";
import { GROUP_LABELS, GROUPS, phasesOf, type RolloutsSearch, rolloutsSearch } from "./filter.ts";
import { RolloutRow } from "./row.tsx";

const route = getRouteApi("/rollouts");

const PAGE = 25;

/** Below the noun's key: an event of any rollout has what is shown asked anew. */
const pagesQuery = (project: string, { group, environment, artifact }: RolloutsSearch) =>
  infiniteQueryOptions({
    queryKey: ["rollouts", project, "pages", { group, environment, artifact }],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => {
      const query = {
        ...{ project, limit: PAGE },
        ...(group !== undefined && { phase: phasesOf(group) }),
        ...(environment !== undefined && { environment }),
        ...(artifact !== undefined && { artifact }),
        ...(pageParam !== "" && { cursor: pageParam }),
      };
      return ok(sluice.http.GET("/v1/rollouts", { params: { query }, signal }));
    },
    getNextPageParam: ({ nextCursor }) => nextCursor,
    placeholderData: keepPreviousData,
  });

/** Every rollout of the project, the newest first. */
export function RolloutsPage() {
  useTitle("Rollouts");
  const search = route.useSearch();
  const pages = useInfiniteQuery(pagesQuery(useProject(), search));
  return (
    <div className="space-y-4">
      <h1 className="text-lg font-semibold">Rollouts</h1>
      <Filters />
      <Card className="min-h-96">
        <Answered query={pages} rows={10}>
          {({ pages: read }) => {
            const rollouts = read.flatMap(({ items }) => items);
            if (rollouts.length === 0)
              return <Nothing filtered={Object.keys(rolloutsSearch({ ...search })).length > 0} />;
            return (
              <ul aria-label="Rollouts" className="divide-y divide-line">
                {rollouts.map((rollout) => (
                  <RolloutRow key={rollout.id} rollout={rollout} />
                ))}
              </ul>
            );
          }}
        </Answered>
        <Earlier query={pages} />
      </Card>
    </div>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  return filtered ? (
    <Empty title="No rollout is like that" />
  ) : (
    <Empty title="Nothing was ever rolled out here">
      <p>The first delivery of anything makes the first rollout.</p>
    </Empty>
  );
}

function Filters() {
  const project = useProject();
  const navigate = route.useNavigate();
  const { group, environment, artifact } = route.useSearch();
  const environments = useQuery(environmentsQuery(project));
  const artifacts = useQuery(artifactNamesQuery(project));
  const set = (changed: Record<string, string>): void =>
    void navigate({ search: (before) => rolloutsSearch({ ...before, ...changed }), replace: true });
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:max-w-3xl">
      <Choice label="State" value={group ?? ""} onChange={(event) => set({ group: event.target.value })}>
        <option value="">All</option>
        {GROUPS.map((one) => (
          <option key={one} value={one}>
            {GROUP_LABELS[one]}
          </option>
        ))}
      </Choice>
      <Choice
        label="Environment"
        value={environment ?? ""}
        onChange={(event) => set({ environment: event.target.value })}
      >
        <Names all={environments.data?.items.map(({ name }) => name) ?? []} chosen={environment} />
      </Choice>
      <Choice label="Artifact" value={artifact ?? ""} onChange={(event) => set({ artifact: event.target.value })}>
        <Names all={artifacts.data ?? []} chosen={artifact} />
      </Choice>
    </div>
  );
}

/** What is chosen is among them even before they are known, and when it is gone. */
function Names({ all, chosen }: { all: readonly string[]; chosen: string | undefined }) {
  return (
    <>
      <option value="">All</option>
      {[...new Set([...all, ...(chosen === undefined ? [] : [chosen])])].map((name) => (
        <option key={name}>{name}</option>
      ))}
    </>
  );
}
