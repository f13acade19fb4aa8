import type { NotificationDelivery } from "@sluice/client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useProject } from "../app/project.tsx";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Card } from "../ui/card.tsx";
import { Answered, Empty } from "../ui/states.tsx";
import { Cell, Table } from "../ui/table.tsx";
import { Time } from "../ui/time.tsx";
import { useTell } from "../ui/toast.tsx";
import { STATUS_TONES, STATUS_WORDS, summaryOf } from "./message.ts";
import { listMessages, messagesKey, type Receiver, redeliver } from "./receiver.ts";

/** How soon a message that is on its way is asked after again. Milliseconds. */
const LOOK_MS = 1_000;
const IDLE_LOOK_MS = 10_000;

export function useMessages(receiver: Receiver, isWanted = true) {
  const project = useProject();
  return useQuery({
    queryKey: messagesKey(project, receiver),
    queryFn: ({ signal }) => listMessages(project, receiver, signal),
    enabled: isWanted,
    refetchInterval: ({ state }) =>
      state.data?.items.some(({ status }) => status === "pending") === true ? LOOK_MS : IDLE_LOOK_MS,
  });
}

/** What was sent to a receiver, and what became of it. */
export function Messages({ receiver, mayWrite }: { receiver: Receiver; mayWrite: boolean }) {
  const messages = useMessages(receiver);
  return (
    <Card
      title={
        <>
          Messages to <bdi>{receiver.name}</bdi>
        </>
      }
    >
      <Answered query={messages} rows={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="Nothing was sent there yet" />
          ) : (
            <Table
              label="Messages"
              head={["What", "State", "Attempts", "When", ...(mayWrite ? [{ hidden: "Actions" }] : [])]}
            >
              {items.map((message) => (
                <Row key={message.id} message={message} receiver={receiver} mayWrite={mayWrite} />
              ))}
            </Table>
          )
        }
      </Answered>
    </Card>
  );
}

interface RowProps {
  message: NotificationDelivery;
  receiver: Receiver;
  mayWrite: boolean;
}

function Row({ message, receiver, mayWrite }: RowProps) {
  const project = useProject();
  const queries = useQueryClient();
  const tell = useTell();
  const again = useMutation({
    mutationFn: () => redeliver(project, receiver, message.id),
    onSuccess: () => queries.invalidateQueries({ queryKey: messagesKey(project, receiver) }),
    onError: (error) => tell({ tone: "bad", title: "Not sent again", detail: error.message }),
  });
  const { status, attempts, reason, createdAt, nextAttemptAt } = message;
  return (
    <tr>
      <Cell heading className="min-w-56 wrap-anywhere">
        {summaryOf(message)}
        {reason !== null && <span className="block text-xs font-normal text-muted">{reason}</span>}
      </Cell>
      <Cell>
        <Badge tone={STATUS_TONES[status]}>{STATUS_WORDS[status]}</Badge>
        {nextAttemptAt !== null && attempts > 0 && (
          <span className="block text-xs text-muted">
            again <Time at={nextAttemptAt} />
          </span>
        )}
      </Cell>
      <Cell>{attempts}</Cell>
      <Cell>
        <Time at={createdAt} />
      </Cell>
      {mayWrite && (
        <Cell className="text-right">
          <Button
            size="small"
            aria-label={`Send again: ${summaryOf(message)}`}
            refused={status === "pending" ? "It is on its way" : null}
            busy={again.isPending}
            onClick={() => again.mutate()}
          >
            Send again
          </Button>
        </Cell>
      )}
    </tr>
  );
}
