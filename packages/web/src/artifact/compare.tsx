import type { Answer, Artifact, Version } from "@sluice/client";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { useProject } from "../app/project.tsx";
import { count } from "../format/number.ts";
import { Card } from "../ui/card.tsx";
import { Choice } from "../ui/field.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { linesOf, shortened } from "./lines.ts";
import { diffQuery } from "./queries.ts";
import { compared } from "./search.ts";

type Change = Answer<"diffVersions", 200>["changes"][number];

const route = getRouteApi("/artifacts/$name");

/** What tells two versions apart. */
export function Compare({ artifact, versions }: { artifact: Artifact; versions: readonly Version[] }) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const pair = compared(versions, search);
  if (pair === null) {
    return (
      <Card>
        <Empty title="There are no two versions to compare yet" />
      </Card>
    );
  }
  const names = [...new Set([...versions.map(({ version }) => version), pair.from, pair.to])];
  const options = names.map((name) => <option key={name}>{name}</option>);
  return (
    <div className="space-y-4">
      <div className="grid max-w-xl grid-cols-2 gap-3">
        <Choice
          label="From"
          value={pair.from}
          onChange={({ target }) =>
            void navigate({
              search: (before) => ({ ...before, version: pair.to, against: target.value }),
              replace: true,
            })
          }
        >
          {options}
        </Choice>
        <Choice
          label="To"
          value={pair.to}
          onChange={({ target }) =>
            void navigate({
              search: (before) => ({ ...before, version: target.value, against: pair.from }),
              replace: true,
            })
          }
        >
          {options}
        </Choice>
      </div>
      <Changes artifact={artifact} pair={pair} />
    </div>
  );
}

function Changes({ artifact, pair }: { artifact: Artifact; pair: { from: string; to: string } }) {
  const diff = useQuery(diffQuery(useProject(), artifact.name, pair));
  return (
    <Card title={`What changed from ${pair.from} to ${pair.to}`} className="min-h-48">
      <Answered query={diff}>
        {({ changes }) =>
          changes.length === 0 ? (
            <Empty title="Nothing: both have the same content" />
          ) : (
            <ul className="divide-y divide-line">
              {changes.map((change) => (
                <li key={change.path} className="space-y-1 px-4 py-3">
                  <p>
                    <span className="font-mono wrap-anywhere">{change.path}</span>{" "}
                    <span className="text-muted">{change.change}</span>
                  </p>
                  <Sides change={change} />
                </li>
              ))}
            </ul>
          )
        }
      </Answered>
    </Card>
  );
}

/** Characters of a value, and lines of a text, that are shown at most. */
const MOST = { characters: 20_000, lines: 2_000 };

/** Both sides of a change, one below the other; of texts with lines, those that differ. */
function Sides({ change: { change, from, to } }: { change: Change }) {
  const isText = typeof from === "string" && typeof to === "string" && `${from}${to}`.includes("\n");
  if (isText) return <Lines from={from} to={to} />;
  return (
    <div className="space-y-1">
      {change !== "added" && <Side {...BEFORE}>{shown(from)}</Side>}
      {change !== "removed" && <Side {...AFTER}>{shown(to)}</Side>}
    </div>
  );
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  const more = text.length - MOST.characters;
  return more > 0 ? `${text.slice(0, MOST.characters)}\n… and ${count(more)} more characters` : text;
}

function Lines({ from, to }: { from: string; to: string }) {
  const lines = useMemo(() => shortened(linesOf(from, to)), [from, to]);
  const more = lines.length - MOST.lines;
  return (
    <div className="overflow-hidden rounded border border-line">
      {lines.slice(0, MOST.lines).map((line, at) =>
        typeof line === "number" ? (
          <p key={at} className="bg-sunken px-2 py-0.5 text-xs text-muted">
            {line === 1 ? "one line" : `${count(line)} lines`} as before
          </p>
        ) : (
          <Side key={at} {...SIDES[line.side]} plain>
            {line.text}
          </Side>
        ),
      )}
      {more > 0 && <p className="px-2 py-0.5 text-xs text-muted">… and {count(more)} more lines</p>}
    </div>
  );
}

interface SideProps {
  mark: string;
  word: string;
  tone: string;
  /** One of many, close to the next. */
  plain?: boolean;
  children: string;
}

const BEFORE = { mark: "−", word: "before", tone: "bg-bad-ground text-bad" };
const AFTER = { mark: "+", word: "after", tone: "bg-good-ground text-good" };
const SIDES = { before: BEFORE, after: AFTER, both: { mark: " ", word: "", tone: "text-muted" } };

const Side = ({ mark, word, tone, plain = false, children }: SideProps) => (
  <div className={`flex gap-2 px-2 font-mono text-xs ${plain ? "min-h-4" : "rounded py-1"} ${tone}`}>
    <span aria-hidden className="w-2 shrink-0">
      {mark}
    </span>
    <span className="sr-only">{word}</span>
    <span dir="auto" className="min-w-0 flex-1 wrap-anywhere whitespace-pre-wrap">
      {children}
    </span>
  </div>
);
