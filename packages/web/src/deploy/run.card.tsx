import { Card } from "../ui/card.tsx";
import { DependencyFields, HealthFields } from "./details.fields.tsx";
import type { Draft } from "./draft.ts";
import { Figure, Fold, Row, Text } from "./fields.tsx";
import { GatewayFields } from "./gateway.fields.tsx";
import { saysMore } from "./gateway.ts";
import { saysHealth } from "./health.ts";
import type { Takes } from "./kind.ts";
import { Pairs } from "./pairs.tsx";
import { ResourcesFold, ScalingFold } from "./resources.folds.tsx";

interface RunProps {
  draft: Draft;
  takes: Takes;
  /** A new one is named, and gets its place at the gateway. */
  isNew: boolean;
  onDraft: (part: Partial<Draft>) => void;
}

/** How it runs: what is not said stays as it is, or as the API has it. */
export function RunCard({ draft, takes, isNew, onDraft }: RunProps) {
  if (!isNew && !takes.instances) return null;
  return (
    <Card title="How it runs">
      <div className="space-y-3 p-4">
        {isNew && <Name draft={draft} takes={takes} onDraft={onDraft} />}
        {takes.instances && <Instances draft={draft} takes={takes} onDraft={onDraft} />}
        {takes.variables && <Variables draft={draft} onDraft={onDraft} />}
        {takes.instances && <More draft={draft} takes={takes} onDraft={onDraft} />}
        {isNew && takes.route && <Gateway draft={draft} onDraft={onDraft} />}
        {isNew && (
          <Fold title="Labels" said={draft.labels.length > 0} fields={["labels"]}>
            <Pairs
              legend="By which deployments are found"
              noun="label"
              valueLabel="Value"
              pairs={draft.labels}
              onPairs={(labels) => onDraft({ labels })}
              field="labels"
            />
          </Fold>
        )}
      </div>
    </Card>
  );
}

type PartProps = Omit<RunProps, "isNew">;

function Name({ draft: { name, gateway }, takes, onDraft }: PartProps) {
  return (
    <Row>
      <Text label="Name" field="name" value={name} onValue={(next) => onDraft({ name: next })} />
      {takes.route && (
        <>
          <Text
            label="Path at the gateway"
            help="Empty: the gateway sends it nothing."
            field="route.path"
            value={gateway.path}
            onValue={(path) => onDraft({ gateway: { ...gateway, path } })}
          />
          <Text
            label="Host at the gateway"
            help="Any where it is empty."
            field="route.host"
            value={gateway.host}
            onValue={(host) => onDraft({ gateway: { ...gateway, host } })}
          />
        </>
      )}
    </Row>
  );
}

function Instances({ draft, takes, onDraft }: PartProps) {
  const { replicas, health } = draft;
  return (
    <>
      <Row>
        <Figure
          label="Instances"
          {...(takes.parameters && {
            help: "Collectors. To have one on every node with certain labels, use `sluice pipeline deploy --selector`.",
          })}
          field="config.replicas"
          value={replicas}
          onValue={(next) => onDraft({ replicas: next })}
        />
        <Text
          label="Path of the health check"
          help="Empty: an accepted connection is enough."
          field="config.healthCheck.path"
          placeholder="/healthz"
          value={health.path}
          onValue={(path) => onDraft({ health: { ...health, path } })}
        />
      </Row>
      <ResourcesFold draft={draft} onDraft={onDraft} />
      <ScalingFold draft={draft} onDraft={onDraft} />
    </>
  );
}

function Variables({ draft, onDraft }: Omit<PartProps, "takes">) {
  return (
    <>
      <Pairs
        legend="Variables"
        noun="variable"
        valueLabel="Value"
        pairs={draft.variables}
        onPairs={(variables) => onDraft({ variables })}
        field="config.env"
      />
      <Pairs
        legend="Variables from secrets"
        noun="secret"
        valueLabel="Secret"
        pairs={draft.secrets}
        onPairs={(secrets) => onDraft({ secrets })}
        field="config.secrets"
      />
    </>
  );
}

function More({ draft, takes, onDraft }: PartProps) {
  const { health, dependencies, components } = draft;
  return (
    <>
      <Fold
        title="Health and deadlines"
        said={saysHealth(health)}
        fields={["config.healthCheck", "config.progressDeadlineSeconds", "config.stopSeconds"]}
      >
        <HealthFields health={health} isStream={takes.isStream} onHealth={(next) => onDraft({ health: next })} />
      </Fold>
      <Fold title="Services that it needs" said={dependencies.length > 0} fields={["config.dependencies"]}>
        <DependencyFields dependencies={dependencies} onDependencies={(next) => onDraft({ dependencies: next })} />
      </Fold>
      <Fold title="Releases of its components" said={components.length > 0} fields={["config.components"]}>
        <Pairs
          legend="In place of those that the version names"
          noun="component"
          valueLabel="Release"
          pairs={components}
          onPairs={(next) => onDraft({ components: next })}
          field="config.components"
        />
      </Fold>
    </>
  );
}

function Gateway({ draft: { gateway }, onDraft }: Omit<PartProps, "takes">) {
  if (gateway.path.trim() === "") return null;
  return (
    <Fold
      title="How callers are let in"
      said={saysMore(gateway)}
      fields={["route.stickiness", "route.timeouts", "route.headers", "route.cookies"]}
    >
      <GatewayFields gateway={gateway} onGateway={(part) => onDraft({ gateway: { ...gateway, ...part } })} />
    </Fold>
  );
}
