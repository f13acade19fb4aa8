export const ROLES = ["viewer", "deployer", "approver", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Who asks, and what they may touch. Made by authentication; handed to every service. */
export interface Principal {
  /** Shown in audit entries and as `triggeredBy`. */
  name: string;
  role: Role;
  /** The one project of the token; null, as for the local user when authentication is off: every project. */
  project: string | null;
  /** The one environment of the token; null: all of them. */
  environment: string | null;
}

/** The user of a server that listens on loopback without authentication. */
export const LOCAL_ADMIN: Principal = { name: "local", role: "admin", project: null, environment: null };
