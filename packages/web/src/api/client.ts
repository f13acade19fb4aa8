import { createClient } from "@sluice/client";

export { ApiError, ok } from "@sluice/client";

/** The server that this page came from. The session is a cookie, so that nothing here knows the token. */
export const sluice = createClient({ url: window.location.origin });
