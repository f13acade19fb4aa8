import { queryOptions, useQuery } from "@tanstack/react-query";
import { ok, sluice } from "../api/client.ts";
import { usePrincipal } from "../app/session.tsx";
import { NONE } from "../format/number.ts";
import { Card } from "../ui/card.tsx";
import { Answered } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { rowsOf } from "./role.ts";

const rolesQuery = queryOptions({
  queryKey: ["roles"],
  queryFn: ({ signal }) => ok(sluice.http.GET("/v1/roles", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});

/** What each role may do. */
export default function Roles() {
  const roles = useQuery(rolesQuery);
  const { role: mine } = usePrincipal();
  return (
    <Card title="Roles" aside={<span className="text-xs text-muted">Yours is {mine}</span>}>
      <Answered query={roles} rows={12}>
        {({ items }) => (
          <Table label="Roles" head={["With", ...items.map(({ name }) => name)]}>
            {rowsOf(items).map(({ noun, verbs }) => (
              <tr key={noun}>
                <Cell heading>{noun}</Cell>
                {items.map(({ name }, index) => (
                  <Cell key={name} className={name === mine ? "font-medium" : "text-muted"}>
                    {verbs[index]?.join(", ") || NONE}
                  </Cell>
                ))}
              </tr>
            ))}
          </Table>
        )}
      </Answered>
    </Card>
  );
}
