import type { Artifact, Deployment, Environment } from "@sluice/client";
import { Link } from "@tanstack/react-router";
import { rulesOf } from "../environments/rules.ts";
import { Card } from "../ui/card.tsx";
import { Choice } from "../ui/field.tsx";
import { useProblem } from "./problems.ts";
import type { DeploySearch } from "./search.ts";

interface TargetProps {
  artifacts: readonly Pick<Artifact, "name" | "kind">[];
  environments: readonly Environment[];
  /** Newest first. */
  versions: readonly string[];
  artifact: string | undefined;
  version: string | undefined;
  environment: Environment | undefined;
  /** Deployments of the artifact that are there already. */
  choices: readonly Deployment[];
  /** The one that is changed; null: a new one. */
  target: Deployment | null;
  /** Moves to another address, which says what is chosen. */
  onChoose: (part: Partial<DeploySearch>) => void;
}

/** What is deployed, and where; the rules of the place are said at once. */
export function TargetCard({
  artifacts,
  environments,
  versions,
  artifact,
  version,
  environment,
  choices,
  target,
  onChoose,
}: TargetProps) {
  const problems = { version: useProblem("version"), environment: useProblem("environment") };
  return (
    <Card title="What and where">
      <div className="grid grid-cols-[repeat(auto-fit,minmax(11rem,1fr))] items-start gap-3 p-4">
        <Choice
          label="Artifact"
          value={artifact ?? ""}
          onChange={(event) => onChoose({ artifact: event.target.value })}
        >
          <Nothing chosen={artifact} />
          {artifacts.map(({ name, kind }) => (
            <option key={name} value={name}>
              {name} ({kind})
            </option>
          ))}
        </Choice>
        <Choice
          label="Version"
          value={version ?? ""}
          problem={problems.version}
          disabled={versions.length === 0}
          onChange={(event) => onChoose({ version: event.target.value })}
        >
          <Nothing chosen={version} />
          {versions.map((name, index) => (
            <option key={name} value={name}>
              {name}
              {index === 0 ? " (newest)" : ""}
            </option>
          ))}
        </Choice>
        <Choice
          label="Environment"
          value={environment?.name ?? ""}
          problem={problems.environment}
          onChange={(event) => onChoose({ environment: event.target.value })}
        >
          <Nothing chosen={environment?.name} />
          {environments.map(({ name, tier }) => (
            <option key={name} value={name}>
              {name === tier ? name : `${name} (${tier})`}
            </option>
          ))}
        </Choice>
        <Choice
          label="Deployment"
          value={target?.id ?? "new"}
          disabled={environment === undefined || artifact === undefined}
          onChange={(event) => onChoose({ deployment: event.target.value })}
        >
          {choices.map(({ id, name, version: present }) => (
            <option key={id} value={id}>
              Change {name} (has {present})
            </option>
          ))}
          <option value="new">A new one</option>
        </Choice>
      </div>
      {environment !== undefined && <Rules environment={environment} />}
    </Card>
  );
}

/** Chosen last: a choice that is made cannot be unmade. */
const Nothing = ({ chosen }: { chosen: string | undefined }) =>
  chosen === undefined ? (
    <option value="" disabled>
      Choose …
    </option>
  ) : null;

function Rules({ environment }: { environment: Environment }) {
  return (
    <section aria-label={`Rules of ${environment.name}`} className="border-t border-line px-4 py-3">
      <p className="pb-1.5 text-xs text-muted">
        The rules of{" "}
        <Link to="/environments/$name" params={{ name: environment.name }} className="text-accent underline">
          {environment.name}
        </Link>
      </p>
      <dl className="grid grid-cols-[9rem_minmax(0,1fr)] gap-x-3 gap-y-1 text-xs">
        {rulesOf(environment).map(({ about, words }) => (
          <div key={about} className="contents">
            <dt className="text-muted">{about}</dt>
            <dd className="wrap-anywhere">{words}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
