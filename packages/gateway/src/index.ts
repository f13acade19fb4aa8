export {
  connectGateway,
  connectRemoteGateway,
  type GatewayAdmin,
  type LocalGatewayAdmin,
  type RemoteGatewayAdmin,
} from "./admin/admin.client.ts";
export { type AdminAddress, adminFile } from "./admin/admin.file.ts";
export { createGateway, type Gateway, type GatewayOptions } from "./gateway.ts";
export { routeConfigSchema } from "./route/route.schema.ts";
