import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { ParameterFields } from "../deploy/parameters.card.tsx";
import { parametersOf, readParameters, textOf } from "../deploy/parameters.ts";
import { WithProblems } from "../deploy/problems.ts";
import { notNumbers } from "../deploy/text.ts";
import { yamlOf } from "../format/yaml.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Trouble } from "../ui/states.tsx";
import { renderedQuery, type Template } from "./templates.ts";

/** One template: what it does, what it is set up by, and what it becomes. */
export function TemplateCard({ template, mayDeploy }: { template: Template; mayDeploy: boolean }) {
  const { name, version, description } = template;
  const [isOpen, setOpen] = useState(false);
  return (
    <Card
      title={<span className="font-mono">{name}</span>}
      aside={
        <span className="flex items-center gap-2">
          <Badge>{version}</Badge>
          {mayDeploy && (
            <Link
              to="/deploy"
              search={{ template: name }}
              aria-label={`Deploy ${name}`}
              className="inline-flex h-7 items-center gap-1.5 rounded-md bg-accent px-2 text-xs font-medium text-accent-text hover:opacity-90"
            >
              <Rocket aria-hidden className="size-3.5" />
              Deploy
            </Link>
          )}
        </span>
      }
    >
      <div className="space-y-3 p-4">
        <p className="max-w-prose">{description}</p>
        {!isOpen && <ParameterTable template={template} />}
        <Button size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? "Close the preview" : "Preview what it becomes"}
        </Button>
        {isOpen && <Preview template={template} />}
      </div>
    </Card>
  );
}

function ParameterTable({ template: { parameters } }: { template: Template }) {
  const known = parametersOf(parameters) ?? [];
  if (known.length === 0) return <p className="text-muted">It has no parameters.</p>;
  return (
    <dl className="space-y-1.5">
      {known.map(({ name, description, preset }) => (
        <div key={name} className="grid grid-cols-1 gap-x-3 sm:grid-cols-[12rem_minmax(0,1fr)]">
          <dt className="font-mono text-xs leading-5 wrap-anywhere">{name}</dt>
          <dd className="text-muted">
            {description}
            {preset !== "" && ` Usual: ${preset}.`}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Preview({ template: { name, parameters: schema, example } }: { template: Template }) {
  const parameters = parametersOf(schema) ?? [];
  const [written, write] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(Object.entries(example).map(([parameter, value]) => [parameter, textOf(value)])),
  );
  const read = readParameters(written, parameters);
  const blanks = notNumbers(read, "parameters");
  // What is typed comes first; the picture of it follows when there is time.
  const asked = useDeferredValue(JSON.stringify(read));
  const rendered = useQuery({
    ...renderedQuery(name, asked),
    enabled: blanks.length === 0,
    placeholderData: keepPreviousData,
  });
  return (
    <WithProblems value={{ blanks, error: rendered.error }}>
      <div className="space-y-3">
        <ParameterFields parameters={parameters} written={written} onWritten={write} field="parameters" />
        {rendered.error !== null && <Trouble error={rendered.error} />}
        <section
          aria-label={`Configuration that ${name} becomes`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
          tabIndex={0}
          className="h-96 overflow-auto rounded-md bg-sunken p-3"
        >
          <pre className="font-mono text-xs">{rendered.data === undefined ? "" : yamlOf(rendered.data.config)}</pre>
        </section>
      </div>
    </WithProblems>
  );
}
