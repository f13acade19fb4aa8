import { useQuery } from "@tanstack/react-query";
import { useRefusal } from "../app/session.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { useTitle } from "../ui/use-title.ts";
import { TemplateCard } from "./template.card.tsx";
import { templatesQuery } from "./templates.ts";

/** Pipelines that are known without being registered. */
export function LibraryPage() {
  const templates = useQuery(templatesQuery);
  const mayDeploy = useRefusal("deployment.write") === null;
  useTitle("Pipeline library");
  return (
    <div className="space-y-4">
      <header className="space-y-1">
        <h1 className="text-lg font-semibold">Pipeline library</h1>
        <p className="max-w-prose text-muted">
          Pipelines for metrics of processes, ready to be deployed. What they become is shown before anything happens.
        </p>
      </header>
      <Answered query={templates} rows={12}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="This server has no templates" />
          ) : (
            <ul className="grid grid-cols-1 items-start gap-4 lg:grid-cols-2">
              {items.map((template) => (
                <li key={template.name} className="min-w-0">
                  <TemplateCard template={template} mayDeploy={mayDeploy} />
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </div>
  );
}
