import { DELIVERY_STATUSES, invalidField, nameSchema } from "@sluice/core";
import { z } from "zod";
import type { App } from "../http/app.types.ts";
import { pageOf, pageQuery } from "../http/page.ts";
import type { Services } from "../http/services.ts";
import {
  channelBody,
  channelView,
  deliveryView,
  newChannelBody,
  newChannelView,
  viewOfChannel,
  viewOfDelivery,
} from "./notification.schema.ts";

const params = z.strictObject({ id: z.string().max(64).meta({ description: "Id or name of the channel" }) });
const inProject = { project: nameSchema.optional().meta({ description: "Default: the token's own, else `default`" }) };

export function notificationRoutes(app: App, { notifications }: Services): void {
  const tags = ["Notifications"];

  app.get(
    "/v1/notifications",
    {
      schema: {
        operationId: "listNotifications",
        summary: "List notification channels by name",
        tags,
        querystring: z.strictObject({ ...inProject, ...pageQuery }),
        response: { 200: pageOf(channelView) },
      },
    },
    async ({ principal, query }) => {
      const page = await notifications.list(principal, query);
      return { ...page, items: page.items.map(viewOfChannel) };
    },
  );

  app.post(
    "/v1/notifications",
    {
      config: { secretAnswer: true },
      schema: {
        operationId: "createNotification",
        summary: "Create a notification channel: a webhook, Slack, or e-mail",
        description:
          "Needs the role admin: whoever writes a channel chooses where the server connects to. Webhooks get CloudEvents, signed as Standard Webhooks says; the key is in this answer only.",
        tags,
        body: newChannelBody,
        response: { 201: newChannelView },
      },
    },
    async ({ principal, body }, reply) => {
      const { name, project, ...rest } = body;
      const given = { secret: undefined, ...rest };
      const { secret, ...spec } = given;
      const { channel, signingKey } = await notifications.create(principal, { name, project, secret }, spec);
      return reply
        .code(201)
        .header("cache-control", "no-store")
        .send({ ...viewOfChannel(channel), ...(signingKey !== null && { secret: signingKey }) });
    },
  );

  app.get(
    "/v1/notifications/:id",
    {
      schema: {
        operationId: "getNotification",
        summary: "Read a notification channel",
        description:
          "Passwords, headers, and what of an address may be a secret are not shown; what stands for them may be put back.",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 200: channelView },
      },
    },
    async ({ principal, params, query }) => viewOfChannel(await notifications.get(principal, { ...query, ...params })),
  );

  app.put(
    "/v1/notifications/:id",
    {
      schema: {
        operationId: "putNotification",
        summary: "Replace a notification channel's specification",
        description: "Fields left out take their defaults. The name, the type and the signing key stay.",
        tags,
        params,
        querystring: z.strictObject(inProject),
        body: channelBody,
        response: { 200: channelView },
      },
    },
    async ({ principal, params, query, body }) => {
      const { id, name, project, disabledReason: _reason, createdAt: _created, updatedAt: _updated, ...spec } = body;
      for (const [field, value] of Object.entries({ id, name })) {
        const channel = value === undefined ? null : await notifications.get(principal, { ...query, ...params });
        if (channel !== null && channel.id !== value && channel.name !== value) {
          throw invalidField(field, value, `${field === "id" ? channel.id : channel.name}, as in the path`);
        }
      }
      if (project !== undefined && query.project !== undefined && project !== query.project) {
        throw invalidField("project", project, `${query.project}, as in the query`);
      }
      const key = { id: params.id, project: query.project ?? project };
      return viewOfChannel(await notifications.put(principal, key, spec));
    },
  );

  app.delete(
    "/v1/notifications/:id",
    {
      schema: {
        operationId: "deleteNotification",
        summary: "Delete a notification channel, and what is on its way to it",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 204: z.undefined().describe("Deleted") },
      },
    },
    async ({ principal, params, query }, reply) => {
      await notifications.remove(principal, { ...query, ...params });
      return reply.code(204).send();
    },
  );

  app.post(
    "/v1/notifications/:id/rotate",
    {
      config: { secretAnswer: true },
      schema: {
        operationId: "rotateNotificationSecret",
        summary: "Give a webhook another signing key; the one before signs for a day as well",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 200: newChannelView },
      },
    },
    async ({ principal, params, query }, reply) => {
      const { channel, signingKey } = await notifications.rotate(principal, { ...query, ...params });
      return reply
        .header("cache-control", "no-store")
        .send({ ...viewOfChannel(channel), ...(signingKey !== null && { secret: signingKey }) });
    },
  );

  app.post(
    "/v1/notifications/:id/test",
    {
      schema: {
        operationId: "testNotification",
        summary: "Send a test message; its delivery says what came of it",
        tags,
        params,
        querystring: z.strictObject(inProject),
        response: { 202: deliveryView },
      },
    },
    async ({ principal, params, query }, reply) =>
      reply.code(202).send(viewOfDelivery(await notifications.test(principal, { ...query, ...params }))),
  );

  app.get(
    "/v1/notifications/:id/deliveries",
    {
      schema: {
        operationId: "listNotificationDeliveries",
        summary: "List a channel's messages, newest first, with what became of them",
        tags,
        params,
        querystring: z.strictObject({ ...inProject, status: z.enum(DELIVERY_STATUSES).optional(), ...pageQuery }),
        response: { 200: pageOf(deliveryView) },
      },
    },
    async ({ principal, params, query }) => {
      const { project, ...paging } = query;
      const page = await notifications.deliveries(principal, { ...params, project }, paging);
      return { ...page, items: page.items.map(viewOfDelivery) };
    },
  );

  app.post(
    "/v1/notifications/:id/deliveries/:delivery/redeliver",
    {
      schema: {
        operationId: "redeliverNotification",
        summary: "Send a message once more, under its own id",
        tags,
        params: params.safeExtend({ delivery: z.string().max(64) }),
        querystring: z.strictObject(inProject),
        response: { 202: deliveryView },
      },
    },
    async ({ principal, params: { id, delivery }, query }, reply) =>
      reply.code(202).send(viewOfDelivery(await notifications.redeliver(principal, { ...query, id }, delivery))),
  );
}
