import type { Deployment } from "@sluice/client";
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { StatusBadge } from "../ui/deployment-status.tsx";
import { Time } from "../ui/time.tsx";
import type { Row } from "./filter.ts";

/** Every row is as high, so that thousands of them need no measuring. Pixels. */
const ROW_PX = 68;

const COLUMNS =
  "grid grid-cols-[minmax(0,1fr)_auto] gap-x-4 px-4 lg:grid-cols-[minmax(0,2fr)_7rem_minmax(0,1fr)_9rem_7rem]";

/** Draws the rows that can be seen, however many there are. */
export function DeploymentList({ rows }: { rows: readonly Row[] }) {
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => place.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows[index]?.deployment.id ?? index,
    overscan: 8,
  });
  const first = rows[0]?.deployment.id;
  // Another filter: from its first row on.
  useEffect(() => {
    place.current?.scrollTo({ top: 0 });
  }, [first]);
  return (
    <>
      <div aria-hidden className={`hidden border-b border-line py-2 text-xs font-medium text-muted lg:grid ${COLUMNS}`}>
        <span>Deployment</span>
        <span>Status</span>
        <span>Serves</span>
        <span>Instances ready</span>
        <span>Changed</span>
      </div>
      <section
        ref={place}
        aria-label="Deployments, scrolled"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
        tabIndex={0}
        className="max-h-[max(24rem,calc(100dvh-20rem))] overflow-y-auto"
      >
        <ul aria-label="Deployments" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map(({ index, key, start }) => {
            const row = rows[index];
            return row === undefined ? null : (
              <li
                key={key}
                aria-setsize={rows.length}
                aria-posinset={index + 1}
                className="absolute inset-x-0 top-0 border-b border-line hover:bg-sunken"
                style={{ height: ROW_PX, transform: `translateY(${start}px)` }}
              >
                <Item deployment={row.deployment} />
              </li>
            );
          })}
        </ul>
      </section>
    </>
  );
}

function Item({ deployment }: { deployment: Deployment }) {
  const { id, name, environment, kind, artifact, version, revision, split } = deployment;
  const ready = split.reduce((sum, { instances }) => sum + instances.ready, 0);
  const desired = split.reduce((sum, { instances }) => sum + instances.desired, 0);
  return (
    <div className={`h-full content-center items-center ${COLUMNS}`}>
      <div className="min-w-0">
        <Link
          to="/deployments/$id"
          params={{ id }}
          className="block truncate font-medium -outline-offset-2 after:absolute after:inset-0"
        >
          <bdi>{name}</bdi>
        </Link>
        <p className="truncate text-xs text-muted">
          <bdi>{environment}</bdi> · {kind}
          {artifact !== name && (
            <>
              {" "}
              · <bdi>{artifact}</bdi>
            </>
          )}
          <span className="font-mono lg:hidden"> · {version}</span>
        </p>
      </div>
      <div className="justify-self-end lg:justify-self-start">
        <StatusBadge status={deployment.status} />
      </div>
      <p className="hidden truncate font-mono text-xs lg:block">
        {version} <span className="text-muted">r{revision}</span>
      </p>
      <p className={`hidden lg:block ${ready < desired ? "text-warn" : "text-muted"}`}>
        {ready} of {desired}
      </p>
      <p className="relative z-10 hidden justify-self-start text-muted lg:block">
        <Time at={deployment.updatedAt} />
      </p>
    </div>
  );
}
