import type { DeliveryStatus, Incident, Message, Registration } from "@sluice/core";
import type { ColumnType, Generated, JSONColumnType } from "kysely";

/** The tables of migrations/0009_notifications.sql. */
export interface NotificationTables {
  notification_channels: {
    id: string;
    project: string;
    name: string;
    type: "webhook" | "slack" | "email";
    enabled: boolean;
    spec: JSONColumnType<object>;
    sealed: string;
    disabled_reason: string | null;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  notification_incidents: {
    channel_id: string;
    alert: string;
    deployment_id: string;
    source: string;
    open: boolean;
    state: ColumnType<Incident, string, string>;
    updated_at: Date;
  };
  integrations: {
    id: string;
    project: string;
    name: string;
    spec: JSONColumnType<object>;
    sealed: string;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  integration_registrations: {
    integration_id: string;
    deployment_id: string;
    registration: ColumnType<Registration, string, string>;
    registered_at: Date;
  };
  outbox: {
    id: string;
    seq: Generated<number>;
    project: string;
    receiver: string;
    message: ColumnType<Message, string, never>;
    status: DeliveryStatus;
    attempts: Generated<number>;
    due_at: Date;
    reason: string | null;
    created_at: Generated<Date>;
    finished_at: Date | null;
  };
  outbox_position: { only: Generated<boolean>; position: string };
  threshold_breaches: {
    deployment_id: string;
    alert: string;
    threshold: string;
    for_seconds: number;
    since: Date;
  };
}
