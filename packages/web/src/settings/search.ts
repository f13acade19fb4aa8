export const SECTIONS = {
  tokens: "Tokens",
  roles: "Roles",
  channels: "Notifications",
  integrations: "Integrations",
  secrets: "Secrets",
  servers: "Servers",
} as const;

export type Section = keyof typeof SECTIONS;

export interface SettingsSearch {
  section?: Section;
  /** The channel or the integration whose messages are shown. */
  of?: string;
}

export function settingsSearch({ section, of }: Record<string, unknown>): SettingsSearch {
  const known = typeof section === "string" && Object.hasOwn(SECTIONS, section);
  return { ...(known && { section: section as Section }), ...(typeof of === "string" && of !== "" && { of }) };
}
