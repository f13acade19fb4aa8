export { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
export { routeConfigSchema } from "./route/route.schema.ts";
