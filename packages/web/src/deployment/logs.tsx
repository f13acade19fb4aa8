import type { Deployment } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Clock, Download, Pause, Play } from "lucide-react";
import { type KeyboardEvent, useMemo, useState } from "react";
import { instancesQuery } from "../api/queries.ts";
import { count } from "../format/number.ts";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Choice, TextField } from "../ui/field.tsx";
import { Empty } from "../ui/states.tsx";
import { useSettled } from "../ui/use-settled.ts";
import { hasInstances } from "./commands.ts";
import { LogLines } from "./log-lines.tsx";
import { hitsIn, nextHit } from "./log-search.ts";
import { deploymentSearch } from "./search.ts";
import { type LogView, useLogs } from "./use-logs.ts";

const route = getRouteApi("/deployments/$id");

export function Logs({ deployment }: { deployment: Deployment }) {
  if (hasInstances(deployment)) return <LiveLogs deployment={deployment} />;
  return (
    <Card>
      <Empty title="No program runs for a prompt that could print" />
    </Card>
  );
}

/** What the instances print, live. */
function LiveLogs({ deployment }: { deployment: Deployment }) {
  const { revision, instance, q = "", times } = route.useSearch();
  const navigate = route.useNavigate();
  const showsTimes = times !== "off";
  const [paused, setPaused] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const view = useLogs({ deployment: deployment.id, revision, instance }, paused);
  const hits = useMemo(() => hitsIn(view.lines, q), [view.lines, q]);
  const find = (event: KeyboardEvent): void => {
    if (event.key !== "Enter") return;
    setPaused(true);
    setAt(nextHit(hits, at ?? -1));
  };
  return (
    <Card>
      <div className="grid grid-cols-1 items-end gap-3 border-b border-line p-4 sm:grid-cols-2 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)_minmax(0,1fr)_auto]">
        <Search q={q} hits={hits.length} onKey={find} />
        <WhoseLines deployment={deployment} />
        <div className="flex flex-wrap gap-2 sm:col-span-2 lg:col-span-1">
          <Button
            icon={paused ? <Play aria-hidden className="size-4" /> : <Pause aria-hidden className="size-4" />}
            onClick={() => setPaused(!paused)}
          >
            {paused ? "Go on" : "Pause"}
          </Button>
          <Button
            icon={<Clock aria-hidden className="size-4" />}
            onClick={() =>
              void navigate({
                search: (before) => deploymentSearch({ ...before, times: showsTimes ? "off" : undefined }),
                replace: true,
              })
            }
          >
            {showsTimes ? "Hide times" : "Show times"}
          </Button>
          <DownloadLink deployment={deployment.id} revision={revision} instance={instance} timestamps={showsTimes} />
        </div>
      </div>
      <p className="flex min-h-9 flex-wrap items-center gap-x-4 px-4 py-1.5 text-xs text-muted">
        <State view={view} paused={paused} />
      </p>
      <LogLines
        lines={view.lines}
        sought={q}
        showsTimes={showsTimes}
        at={at}
        follows={!paused}
        onScrolledUp={() => setPaused(true)}
      />
    </Card>
  );
}

function State({ view: { state, problem, count: come, dropped, lines }, paused }: { view: LogView; paused: boolean }) {
  const words = {
    connecting: "Connecting…",
    live: paused ? "Paused" : "Live",
    ended: problem ?? "Nothing runs that could print; it is looked again by itself",
    lost: "The connection is lost; it is tried again by itself",
  }[state];
  const unseen = come - (lines.at(-1)?.number ?? 0);
  return (
    <>
      <span className={state === "lost" || problem !== null ? "text-bad" : ""}>{words}</span>
      <span>{count(come)} lines came</span>
      {paused && unseen > 0 && <span>{count(unseen)} since the pause</span>}
      {dropped > 0 && <span>the first {count(dropped)} are not kept on this page: download them</span>}
    </>
  );
}

function Search({ q, hits, onKey }: { q: string; hits: number; onKey: (event: KeyboardEvent) => void }) {
  const navigate = route.useNavigate();
  const [text, type] = useSettled(
    q,
    (settled) => void navigate({ search: (before) => deploymentSearch({ ...before, q: settled }), replace: true }),
  );
  return (
    <TextField
      label={q === "" ? "Search" : `Search: ${count(hits)} lines, Enter goes to the next`}
      type="search"
      value={text}
      onKeyDown={onKey}
      onChange={(event) => type(event.target.value)}
    />
  );
}

function WhoseLines({ deployment: { id, split } }: { deployment: Deployment }) {
  const navigate = route.useNavigate();
  const { revision, instance } = route.useSearch();
  const instances = useQuery(instancesQuery(id));
  const revisions = new Set([...split.map((one) => one.revision), ...(revision === undefined ? [] : [revision])]);
  const names = new Set([
    ...(instances.data?.items ?? [])
      .filter((one) => revision === undefined || one.revision === revision)
      .map((one) => one.id),
    ...(instance === undefined ? [] : [instance]),
  ]);
  const set = (changed: Record<string, string>): void =>
    void navigate({ search: (before) => deploymentSearch({ ...before, ...changed }), replace: true });
  return (
    <>
      <Choice
        label="Revision"
        value={revision ?? ""}
        onChange={(event) => set({ revision: event.target.value, instance: "" })}
      >
        <option value="">All</option>
        {[...revisions].map((number) => (
          <option key={number} value={number}>
            r{number}
          </option>
        ))}
      </Choice>
      <Choice label="Instance" value={instance ?? ""} onChange={(event) => set({ instance: event.target.value })}>
        <option value="">All</option>
        {[...names].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </Choice>
    </>
  );
}

/** As much as the server gives at once. */
const DOWNLOADED = 100_000;

interface Downloaded {
  deployment: string;
  revision: number | undefined;
  instance: string | undefined;
  timestamps: boolean;
}

function DownloadLink({ deployment, revision, instance, timestamps }: Downloaded) {
  const query = new URLSearchParams({
    tail: String(DOWNLOADED),
    ...(revision !== undefined && { revision: String(revision) }),
    ...(instance !== undefined && { instance }),
    ...(timestamps && { timestamps: "true" }),
  });
  return (
    <a
      href={`/v1/deployments/${encodeURIComponent(deployment)}/logs?${query}`}
      download={`${deployment}.log`}
      className="inline-flex h-9 items-center gap-1.5 rounded-md border border-edge bg-surface px-3 font-medium hover:bg-sunken"
    >
      <Download aria-hidden className="size-4" />
      Download
    </a>
  );
}
