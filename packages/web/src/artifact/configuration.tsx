import type { Artifact, Version } from "@sluice/client";
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { stringify } from "yaml";
import { fieldsOf } from "../api/problems.ts";
import { useProject } from "../app/project.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { CopyButton } from "../ui/copy.tsx";
import { TextArea } from "../ui/field.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { renderedQuery } from "./queries.ts";
import { useVersion, VersionChoice } from "./version-choice.tsx";

interface Props {
  artifact: Artifact;
  versions: readonly Version[];
}

/** What a version of a pipeline becomes on a node. */
export function Configuration({ artifact, versions }: Props) {
  const [parameters, setParameters] = useState("{}");
  const [asked, ask] = useState("{}");
  const version = useVersion(versions);
  const rendered = useQuery({
    ...renderedQuery(useProject(), artifact.name, version?.version ?? "", asked),
    enabled: version !== undefined,
  });
  const wrong = fieldsOf(rendered.error).map(({ field, words }) => `${field}: ${words}`);
  if (version === undefined) {
    return (
      <Card>
        <Empty title="It has no such version" />
      </Card>
    );
  }
  return (
    <div className="grid grid-cols-1 items-start gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          ask(parameters);
        }}
      >
        <VersionChoice versions={versions} />
        <TextArea
          label="Parameters (JSON)"
          rows={8}
          spellCheck={false}
          value={parameters}
          help="As a deployment would give them. What is left out takes its default."
          problem={wrong.length === 0 ? undefined : wrong.join("; ")}
          onChange={({ target }) => setParameters(target.value)}
        />
        <Button type="submit">Show with these</Button>
      </form>
      <Rendered rendered={rendered} version={version.version} isWrong={wrong.length > 0} />
    </div>
  );
}

interface RenderedProps {
  rendered: UseQueryResult<{ config: unknown }>;
  version: string;
  /** The parameters do not suit it, as is said where they are. */
  isWrong: boolean;
}

function Rendered({ rendered, version, isWrong }: RenderedProps) {
  const text = useMemo(() => (rendered.data === undefined ? "" : stringify(rendered.data.config)), [rendered.data]);
  return (
    <Card
      title={`The collector's configuration of ${version}`}
      aside={text !== "" && <CopyButton text={text} what="the configuration" />}
      className="min-h-96"
    >
      {isWrong ? (
        <Empty title="It is shown when the parameters suit it" />
      ) : (
        <Answered query={rendered} rows={10}>
          {() => (
            <section
              aria-label="Configuration, scrolled"
              // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
              tabIndex={0}
              className="max-h-[40rem] overflow-auto"
            >
              <pre className="p-4 font-mono text-xs">{text}</pre>
            </section>
          )}
        </Answered>
      )}
      <p className="border-t border-line px-4 py-2 text-muted">
        What begins with <code>$</code> is filled in on the node: ports, the node's name, which programs pass.
      </p>
    </Card>
  );
}
