import type {
  AgentRollback,
  BatchState,
  JudgeReport,
  ModelFile,
  ModelVersionState,
  Rollout,
  WorkflowRun,
  WorkflowSpec,
} from "@sluice/core";
import type { ColumnType, Generated, JSONColumnType } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { UploadPart } from "../kinds/model/upload/resumable.store.ts";
import type { Sample } from "../series/sample.ts";
import type { NotificationTables } from "./schema.notifications.ts";

/** The tables of migrations/*.sql, for Kysely. bigint columns arrive as numbers (set in database.ts). */
export interface Database extends NotificationTables {
  projects: { name: string; created_at: Generated<Date> };
  environments: {
    project: string;
    name: string;
    spec: JSONColumnType<object>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  artifacts: {
    id: string;
    project: string;
    name: string;
    kind: string;
    labels: Json<Record<string, string>>;
    created_at: Generated<Date>;
  };
  versions: {
    id: string;
    artifact_id: string;
    version: string;
    digest: string;
    spec: JSONColumnType<object>;
    source: JSONColumnType<object | null>;
    created_at: Generated<Date>;
    created_by: string;
  };
  deployments: {
    id: string;
    project: string;
    environment: string;
    name: string;
    artifact_id: string;
    stable_revision: number | null;
    replicas: number;
    stopped: Generated<boolean>;
    deleting: Generated<boolean>;
    labels: Json<Record<string, string>>;
    fence: Generated<number>;
    /** The only one that looks after it; null: any does. */
    server: string | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    deployed_by: string;
    fleet: JSONColumnType<object> | null;
    parent_id: string | null;
    target: JSONColumnType<object> | null;
    trouble: string | null;
  };
  revisions: {
    deployment_id: string;
    number: number;
    version_id: string;
    digest: string;
    config: JSONColumnType<object>;
    created_at: Generated<Date>;
    created_by: string;
  };
  workloads: { deployment_id: string; revision: number; replicas: number; retire_at: Date | null };
  routes: {
    deployment_id: string;
    host: Generated<string>;
    path: string;
    conditions: Generated<string>;
    settings: JSONColumnType<object>;
    desired: JSONColumnType<object>;
    epoch: Generated<number>;
  };
  rollouts: {
    id: string;
    deployment_id: string;
    project: string;
    environment: string;
    artifact: string;
    phase: string;
    active: boolean;
    state: ColumnType<Rollout, string, string>;
    part_of: string | null;
    row_version: Generated<number>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
    finished_at: Date | null;
  };
  hook_calls: {
    rollout_id: string;
    step: number;
    status: "running" | "succeeded" | "failed";
    message: Generated<string>;
    started_at: Generated<Date>;
    finished_at: Date | null;
  };
  policies: {
    project: string;
    name: string;
    spec: JSONColumnType<object>;
    created_at: Date;
    updated_at: Date;
  };
  secrets: { project: string; name: string; created_at: Date };
  secret_versions: {
    project: string;
    name: string;
    version: number;
    sealed: string;
    created_at: Date;
    created_by: string;
  };
  migration_runs: {
    seq: Generated<number>;
    deployment_id: string;
    rollout_id: string;
    name: string;
    direction: "up" | "down";
    demand: number;
    status: "succeeded" | "failed";
    message: string;
    undo: JSONColumnType<object> | null;
    execution_ms: number;
    at: Date;
  };
  activities: {
    rollout_id: string;
    kind: "checks" | "gates" | "tests" | "migrations";
    demand: number;
    attempt: Generated<number>;
    unfinished: Generated<number>;
    status: "running" | "succeeded" | "failed";
    result: ColumnType<unknown, string | null | undefined, string | null>;
    started_at: Date;
    finished_at: Date | null;
  };
  gates: {
    project: string;
    name: string;
    artifact: string | null;
    environment: string | null;
    spec: JSONColumnType<object>;
    sealed: Generated<string | null>;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  prompt_deliveries: { rollout_id: string; skip_approval: boolean; metadata: Json<Record<string, string>> };
  gate_titles: { project: string; gate: string; title: string };
  rollout_figures: {
    rollout_id: string;
    at: Date;
    percentage: number;
    quality: number | null;
    error_rate: number | null;
    latency_ms: number | null;
    p95_latency_ms: number | null;
    requests: number;
    scores: number;
  };
  evaluations: {
    id: string;
    project: string;
    version_id: string;
    dataset: string;
    metrics: JSONColumnType<Record<string, number>>;
    sample_count: number;
    source: string;
    details: JSONColumnType<Record<string, unknown>>;
    started_at: Date | null;
    finished_at: Date;
    recorded_at: Generated<Date>;
    recorded_by: string;
  };
  evaluation_metrics: { project: string; name: string };
  goal_counts: { deployment_id: string; goal: string; revision: number; part: number; count: number };
  goal_keys: { deployment_id: string; goal: string; key: string; received_at: Date };
  judge_states: {
    rollout_id: string;
    seq: number;
    snapshot: JSONColumnType<object>;
    readings: JSONColumnType<object>;
    report: ColumnType<JudgeReport, string, string>;
    at: Date;
  };
  rollout_samples: { rollout_id: string; at: Date; sample: ColumnType<Sample, string, string> };
  scores: {
    id: Generated<number>;
    deployment_id: string;
    revision: number;
    metric: string;
    scores: ColumnType<number[], string, never>;
    received_at: Generated<Date>;
  };
  feedback: {
    id: string;
    deployment_id: string;
    revision: number;
    report: string | null;
    scores: ColumnType<Record<string, number> | null, string | null, never>;
    error: boolean | null;
    latency_ms: number | null;
    cost: number | null;
    comment: string | null;
    reported_by: string;
    received_at: Date;
  };
  resolver_counts: { deployment_id: string; revision: number; bin: number; count: number };
  resolver_guards: {
    deployment_id: string;
    hypothesis: string;
    seq: number;
    state: JSONColumnType<object>;
    report: JSONColumnType<object>;
    counts: JSONColumnType<object> | null;
    updated_at: Date;
  };
  models: {
    id: Generated<number>;
    project: string;
    artifact_id: string;
    description: string;
    created_at: Date;
    created_by: string;
  };
  model_versions: {
    id: Generated<number>;
    model_id: number;
    version: string;
    status: ModelVersionState;
    reason: string | null;
    files: Json<ModelFile[]>;
    version_id: string | null;
    created_at: Date;
    updated_at: Date;
    created_by: string;
  };
  model_uploads: {
    id: string;
    version_id: number;
    name: string;
    bytes: number;
    sha256: string | null;
    fingerprint: string | null;
    metadata: string;
    more: boolean;
    received: Generated<number>;
    parts: ColumnType<UploadPart[], string | undefined, string>;
    finished: Generated<boolean>;
    created_at: Date;
    updated_at: Date;
    created_by: string;
  };
  model_deployments: {
    id: Generated<number>;
    deployment_id: string;
    version_id: number;
    service_name: string;
    settled: Generated<boolean>;
    actor: string;
    request_key: string | null;
    request_hash: string | null;
    created_at: Date;
  };
  model_batches: {
    id: Generated<number>;
    project: string;
    environment: string;
    deployment_id: number;
    spec: JSONColumnType<object>;
    status: BatchState;
    parts: Generated<number>;
    lines: Generated<number>;
    failed_lines: Generated<number>;
    reason: string | null;
    created_at: Date;
    created_by: string;
    started_at: Date | null;
    finished_at: Date | null;
  };
  goal_states: { rollout_id: string; started_at: Date; state: JSONColumnType<object> };
  events: {
    seq: Generated<number>;
    project: string;
    deployment_id: string | null;
    rollout_id: string | null;
    type: string;
    message: string;
    alert: boolean;
    data: Json<Record<string, unknown>>;
    at: Generated<Date>;
    xact: Generated<string>;
  };
  audit_heads: { project: string; seq: number; hash: string };
  audit_entries: {
    project: string;
    seq: number;
    at: Date;
    actor: string;
    action: string;
    subject: string;
    detail: Json<Record<string, unknown>>;
    previous: string;
    hash: string;
  };
  tokens: {
    id: string;
    /** Null: every project. */
    project: string | null;
    name: string;
    hash: string;
    role: "viewer" | "deployer" | "approver" | "admin";
    environment: string | null;
    created_at: Generated<Date>;
    created_by: string;
    expires_at: Date | null;
    last_used_at: Date | null;
    revoked_at: Date | null;
  };
  triggers: {
    id: string;
    project: string;
    name: string;
    environment: string | null;
    spec: JSONColumnType<object>;
    enabled: boolean;
    sealed: string | null;
    previous_sealed: string | null;
    previous_until: Date | null;
    created_at: Generated<Date>;
    created_by: string;
    updated_at: Generated<Date>;
  };
  trigger_firings: {
    id: string;
    trigger_id: string;
    delivery: string;
    digest: string;
    event: string;
    outcome: "started" | "unchanged" | "ignored" | "failed";
    reason: string;
    facts: JSONColumnType<object>;
    version: string | null;
    rollouts: JSONColumnType<string[]>;
    run: string | null;
    actor: string;
    attempts: Generated<number>;
    at: Date;
  };
  schedules: {
    id: string;
    project: string;
    name: string;
    environment: string | null;
    spec: JSONColumnType<object>;
    paused: boolean;
    next_at: Date | null;
    created_at: Generated<Date>;
    created_by: string;
    updated_at: Generated<Date>;
  };
  schedule_runs: {
    id: string;
    schedule_id: string;
    tick: Date | null;
    outcome: "running" | "started" | "unchanged" | "failed" | "skipped" | "missed";
    reason: string;
    version: string | null;
    rollouts: JSONColumnType<string[]>;
    run: string | null;
    actor: string;
    started_at: Date;
    finished_at: Date | null;
  };
  workflows: {
    project: string;
    name: string;
    version: number;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  workflow_versions: {
    project: string;
    name: string;
    version: number;
    digest: string;
    spec: ColumnType<WorkflowSpec, string, never>;
    created_at: Generated<Date>;
    created_by: string;
  };
  workflow_runs: {
    id: string;
    kind: "workflow" | "job";
    project: string;
    name: string;
    environment: string | null;
    spec: ColumnType<WorkflowSpec, string, never>;
    secrets: Json<Record<string, string>>;
    principal: ColumnType<Principal, string, never>;
    about: Json<Record<string, unknown>>;
    state: ColumnType<WorkflowRun, string, string>;
    status: string;
    active: boolean;
    node: string | null;
    row_version: Generated<number>;
    created_at: Date;
    updated_at: Date;
    finished_at: Date | null;
  };
  workflow_attempts: {
    run_id: string;
    task: string;
    attempt: number;
    node: string;
    status: "running" | "succeeded" | "failed" | "lost";
    result: Json<object>;
    started_at: Date;
    finished_at: Date | null;
  };
  /** Servers of this database, by the name of their data folder. */
  workflow_nodes: {
    id: string;
    url: string;
    seen_at: Date;
    gateway_url: string | null;
    host: string | null;
    /** Null: of a release that knew of no other servers. */
    version: string | null;
    started_at: Date | null;
    stopped_at: Date | null;
    key_print: string | null;
    missed_at: Date | null;
  };
  agent_rollbacks: {
    id: string;
    rollout_id: string;
    deployment_id: string;
    project: string;
    status: AgentRollback["status"];
    state: ColumnType<AgentRollback, string, string>;
    row_version: Generated<number>;
    created_at: Generated<Date>;
    finished_at: Date | null;
  };
  nodes: {
    name: string;
    labels: Json<Record<string, string>>;
    created_at: Generated<Date>;
    created_by: string;
  };
  pipeline_deployments: {
    deployment_id: string;
    project: string;
    environment: string;
    name: string;
    pipeline: string;
    target_nodes: JSONColumnType<Record<string, string>>;
    selector: string | null;
    replicas: number;
    created_at: Date;
    updated_at: Date;
    deleted_at: Date | null;
    history: ColumnType<unknown, string | undefined, string>;
  };
  pipeline_outcomes: { rollout_id: string; project: string; outcome: string; seconds: number; at: Date };
  idempotency_keys: {
    project: string;
    actor: string;
    key: string;
    request_hash: string;
    status: number | null;
    body: ColumnType<unknown, string | null, string | null>;
    created_at: Generated<Date>;
  };
}

/** Read as the value, written as its JSON text, optional at insert. */
type Json<T> = ColumnType<T, string | undefined, string>;
