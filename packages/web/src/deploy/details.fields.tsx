import { Plus, X } from "lucide-react";
import { Button } from "../ui/button.tsx";
import { type DependencyDraft, newDependency } from "./dependencies.ts";
import { Figure, Pick, Row, Text, Tick } from "./fields.tsx";
import type { HealthDraft } from "./health.ts";
import { useProblem } from "./problems.ts";

interface HealthProps {
  health: HealthDraft;
  onHealth: (health: HealthDraft) => void;
  /** Answers on no port. */
  isStream: boolean;
}

/** How often is asked whether an instance is well, and how long is waited. */
export function HealthFields({ health, onHealth, isStream }: HealthProps) {
  const figure = (part: Exclude<keyof HealthDraft, "path">, label: string, field: string, help?: string) => (
    <Figure
      key={part}
      label={label}
      help={help}
      field={`config.${field}`}
      value={health[part]}
      onValue={(value) => onHealth({ ...health, [part]: value })}
    />
  );
  return (
    <Row>
      {figure("interval", "Asked every, seconds", "healthCheck.intervalSeconds")}
      {figure("timeout", "Answers within, seconds", "healthCheck.timeoutSeconds")}
      {figure("retries", "Failures until it is not well", "healthCheck.retries")}
      {isStream && figure("ready", "Ready after, seconds", "healthCheck.readySeconds", "Empty: 5.")}
      {isStream && figure("heartbeat", "Shows life every, seconds", "healthCheck.heartbeatSeconds", "Empty: need not.")}
      {figure("progress", "Ready at the latest after, seconds", "progressDeadlineSeconds", "Then the rollout fails.")}
      {figure("stop", "To finish its work, seconds", "stopSeconds", "Then it is ended.")}
    </Row>
  );
}

interface DependencyProps {
  dependencies: readonly DependencyDraft[];
  onDependencies: (dependencies: readonly DependencyDraft[]) => void;
}

/** Services that are asked before anything of a version runs. */
export function DependencyFields({ dependencies, onDependencies }: DependencyProps) {
  const problem = useProblem("config.dependencies");
  return (
    <fieldset className="min-w-0 space-y-2">
      <legend className="text-xs font-medium text-muted">
        Each is asked before the version comes; without one that is required, it does not.
      </legend>
      {dependencies.map((dependency, index) => (
        <div key={dependency.key} className="flex items-start gap-2 rounded-md border border-line p-2">
          <div className="min-w-0 flex-1">
            <OneDependency
              dependency={dependency}
              field={`config.dependencies[${index}]`}
              onDependency={(next) => onDependencies(dependencies.with(index, next))}
            />
          </div>
          <Button
            tone="quiet"
            className="mt-5"
            aria-label={`Remove the service ${dependency.name}`}
            onClick={() => onDependencies(dependencies.toSpliced(index, 1))}
            icon={<X aria-hidden className="size-4" />}
          />
        </div>
      ))}
      {problem !== undefined && dependencies.length === 0 && <p className="text-xs text-bad">{problem}</p>}
      <Button
        size="small"
        onClick={() => onDependencies([...dependencies, newDependency()])}
        icon={<Plus aria-hidden className="size-3.5" />}
      >
        Add a service
      </Button>
    </fieldset>
  );
}

interface OneProps {
  dependency: DependencyDraft;
  field: string;
  onDependency: (dependency: DependencyDraft) => void;
}

function OneDependency({ dependency, field, onDependency }: OneProps) {
  const { name, type, address, detail, required, timeout } = dependency;
  const set = (part: Partial<DependencyDraft>): void => onDependency({ ...dependency, ...part });
  return (
    <Row>
      <Text label="Name of the service" field={`${field}.name`} value={name} onValue={(next) => set({ name: next })} />
      <Pick
        label="Asked by"
        field={`${field}.type`}
        value={type}
        options={[
          ["http", "HTTP"],
          ["tcp", "TCP"],
          ["grpc", "gRPC"],
        ]}
        onValue={(next) => set({ type: next, detail: "" })}
      />
      <Text
        label="Address"
        field={`${field}.address`}
        placeholder="127.0.0.1:5432"
        value={address}
        onValue={(next) => set({ address: next })}
      />
      {type !== "tcp" && (
        <Text
          label={type === "http" ? "Path that is asked for" : "Service that is asked about"}
          field={`${field}.${type === "http" ? "path" : "service"}`}
          value={detail}
          onValue={(next) => set({ detail: next })}
        />
      )}
      <Figure
        label="Answers within, seconds"
        field={`${field}.timeoutSeconds`}
        value={timeout}
        onValue={(next) => set({ timeout: next })}
      />
      <Tick label="Required" value={required} onValue={(next) => set({ required: next })} />
    </Row>
  );
}
