import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useProject } from "../app/project.tsx";
import { Card } from "../ui/card.tsx";
import { Answered } from "../ui/states.tsx";
import { Measures } from "./measures.tsx";
import { Outcomes } from "./outcomes.tsx";
import { insightsQuery } from "./queries.ts";
import { overviewSearch, SPANS } from "./search.ts";

const route = getRouteApi("/");

/** How rollouts went: by day, and by DORA's four measures. */
export function History() {
  const { days = 7 } = route.useSearch();
  const navigate = route.useNavigate();
  const insights = useQuery(insightsQuery(useProject(), days));
  const choice = (
    <select
      aria-label="How far back"
      value={days}
      onChange={(event) => {
        const search = overviewSearch({ days: event.target.value });
        void navigate({ search: (before) => ({ ...before, ...search }), replace: true });
      }}
      className="h-7 rounded border border-edge bg-surface px-1 text-xs"
    >
      {SPANS.map((one) => (
        <option key={one} value={one}>
          {one} days
        </option>
      ))}
    </select>
  );
  return (
    <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
      <Card title={`Rollouts of the last ${days} days`} aside={choice} className="min-h-80">
        <Answered query={insights} rows={7}>
          {({ rollouts, complete }) => (
            <>
              <Outcomes rollouts={rollouts} />
              {!complete && <p className="px-4 pb-3 text-muted">There were more; the newest are counted.</p>}
            </>
          )}
        </Answered>
      </Card>
      <Card title="Delivery to production" className="overflow-hidden">
        <Answered query={insights} rows={7}>
          {(found) => <Measures insights={found} />}
        </Answered>
      </Card>
    </div>
  );
}
