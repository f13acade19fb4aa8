import { expect, test } from "vitest";
import { describeShownAddresses } from "./openapi.shown.ts";

const address = { type: "string", format: "uri" } as const;
const content = { "application/json": { schema: { type: "object", properties: { url: address } } } } as const;

test("addresses of answers are texts, those of requests are addresses", () => {
  const document = describeShownAddresses({
    openapi: "3.1.1",
    info: { title: "t", version: "1" },
    paths: { "/hooks": { put: { requestBody: { content }, responses: { 200: { description: "ok", content } } } } },
    components: { schemas: { Hook: { properties: { url: address } }, HookInput: { properties: { url: address } } } },
  });
  const shown = { schema: { type: "object", properties: { url: { type: "string" } } } };
  expect(document).toMatchObject({
    openapi: "3.1.1",
    paths: {
      "/hooks": { put: { requestBody: { content }, responses: { 200: { content: { "application/json": shown } } } } },
    },
  });
  expect(document.components?.schemas).toEqual({
    Hook: { properties: { url: { type: "string" } } },
    HookInput: { properties: { url: address } },
  });
});
