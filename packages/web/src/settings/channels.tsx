import type { NotificationChannel } from "@sluice/client";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { useProject } from "../app/project.tsx";
import { useRefusal } from "../app/session.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { ALERTS, heardBy, placeOf } from "./channel.ts";
import { ChannelActions } from "./channel-actions.tsx";
import { channelsQuery } from "./channels.query.ts";
import { Messages } from "./messages.tsx";
import { NewChannelDialog } from "./new-channel.tsx";
import { ShownOnce } from "./shown-once.tsx";

const route = getRouteApi("/settings");

export interface SigningKey {
  name: string;
  secret: string;
}

/** Who is told what. */
export default function Channels() {
  const project = useProject();
  const channels = useQuery(channelsQuery(project));
  const { of } = route.useSearch();
  const queries = useQueryClient();
  const mayWrite = useRefusal("notification.write") === null;
  const [isNew, setNew] = useState(false);
  const [key, showKey] = useState<SigningKey | null>(null);
  const open = channels.data?.items.find(({ id }) => id === of);
  return (
    <div className="space-y-4">
      <Card
        title="Notification channels"
        aside={
          mayWrite && (
            <Button size="small" onClick={() => setNew(true)}>
              New channel
            </Button>
          )
        }
      >
        <Answered query={channels} rows={4}>
          {({ items }) =>
            items.length === 0 ? (
              <Empty title="Nobody is told of anything yet">
                <p>A channel tells a webhook, Slack or an address of mail when something goes wrong.</p>
              </Empty>
            ) : (
              <Table
                label="Notification channels"
                head={["Channel", "Hears of", "State", "Messages", ...(mayWrite ? [{ hidden: "Actions" }] : [])]}
              >
                {items.map((channel) => (
                  <Row key={channel.id} channel={channel} mayWrite={mayWrite} onKey={showKey} />
                ))}
              </Table>
            )
          }
        </Answered>
      </Card>
      {open !== undefined && (
        <Messages receiver={{ type: "notifications", key: open.id, name: open.name }} mayWrite={mayWrite} />
      )}
      {isNew && (
        <NewChannelDialog
          onClose={() => setNew(false)}
          onMade={(made) => {
            setNew(false);
            showKey(made);
            void queries.invalidateQueries({ queryKey: ["notifications", project] });
          }}
        />
      )}
      {key !== null && (
        <ShownOnce
          title={`The signing key of ${key.name}`}
          description="The receiver knows by it that messages are of this server (Standard Webhooks)."
          secret={key.secret}
          onClose={() => showKey(null)}
        />
      )}
    </div>
  );
}

interface RowProps {
  channel: NotificationChannel;
  mayWrite: boolean;
  onKey: (key: SigningKey) => void;
}

function Row({ channel, mayWrite, onKey }: RowProps) {
  const { id, name, type, enabled, disabledReason, filter } = channel;
  return (
    <tr>
      <Cell heading className="min-w-44 wrap-anywhere">
        <bdi>{name}</bdi>
        <span className="block text-xs font-normal text-muted">
          {type}: {placeOf(channel)}
        </span>
      </Cell>
      <Cell className="min-w-48 text-muted">
        {heardBy(channel)
          .map((alert) => ALERTS[alert])
          .join(" · ")}
        {filter.environment !== null && <span className="block text-xs">in {filter.environment} alone</span>}
      </Cell>
      <Cell>
        <Badge tone={enabled ? "good" : "warn"}>{enabled ? "on" : "off"}</Badge>
        {disabledReason !== null && <span className="block text-xs text-muted wrap-anywhere">{disabledReason}</span>}
      </Cell>
      <Cell>
        <Link
          to="/settings"
          search={{ section: "channels", of: id }}
          resetScroll={false}
          aria-label={`Messages to ${name}`}
          className="text-accent underline"
        >
          Messages
        </Link>
      </Cell>
      {mayWrite && (
        <Cell>
          <ChannelActions channel={channel} onKey={onKey} />
        </Cell>
      )}
    </tr>
  );
}
