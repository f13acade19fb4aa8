// Receives Sluice's webhooks: checks their signature, passes over repetitions, and prints what they say.
//
//   SECRET=whsec_… PORT=9400 node examples/notifications/receiver.mjs
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

const { SECRET = "", PORT = "9400" } = process.env;
const key = Buffer.from(SECRET.replace(/^whsec_/, ""), "base64");
const seen = new Set();

/** As Standard Webhooks says: HMAC-SHA256 of id, time and body; several signatures while a key is being changed. */
function isGenuine(headers, body) {
  const { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures = "" } = headers;
  if (Math.abs(Date.now() / 1000 - Number(time)) > 300) return false;
  const expected = createHmac("sha256", key).update(`${id}.${time}.${body}`).digest();
  return signatures.split(" ").some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const server = createServer(async (request, response) => {
  const body = await text(request);
  if (!isGenuine(request.headers, body)) {
    response.writeHead(401).end("the signature is not right");
    return;
  }
  const { id, type, data } = JSON.parse(body);
  if (!seen.has(id)) console.log(`${type}: ${data.summary ?? data.reason}`);
  seen.add(id);
  response.writeHead(204).end();
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
