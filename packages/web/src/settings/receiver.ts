import { ok, sluice } from "../api/client.ts";

/** Who messages go to: a channel by its id, an integration by its name. */
export interface Receiver {
  type: "notifications" | "integrations";
  key: string;
  name: string;
}

export const messagesKey = (project: string, { type, key }: Receiver) => [type, project, key, "messages"] as const;

/** The newest. */
export const listMessages = (project: string, { type, key }: Receiver, signal: AbortSignal) => {
  const query = { project, limit: 50 };
  return type === "notifications"
    ? ok(sluice.http.GET("/v1/notifications/{id}/deliveries", { params: { path: { id: key }, query }, signal }))
    : ok(sluice.http.GET("/v1/integrations/{name}/deliveries", { params: { path: { name: key }, query }, signal }));
};

export const redeliver = (project: string, { type, key }: Receiver, delivery: string) =>
  type === "notifications"
    ? ok(
        sluice.http.POST("/v1/notifications/{id}/deliveries/{delivery}/redeliver", {
          params: { path: { id: key, delivery }, query: { project } },
        }),
      )
    : ok(
        sluice.http.POST("/v1/integrations/{name}/deliveries/{delivery}/redeliver", {
          params: { path: { name: key, delivery }, query: { project } },
        }),
      );
