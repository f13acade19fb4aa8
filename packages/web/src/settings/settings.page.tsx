import { getRouteApi } from "@tanstack/react-router";
import { type ComponentType, lazy, Suspense } from "react";
import { usePrincipal } from "../app/session.tsx";
import { Loading } from "../ui/states.tsx";
import { Tabs } from "../ui/tabs.tsx";
import { useTitle } from "../ui/use-title.ts";
import { SECTIONS, type Section } from "./search.ts";

const route = getRouteApi("/settings");

/** What one has to be allowed to see a section; each is loaded when it is opened. */
const PARTS: Readonly<Record<Section, { action: string | null; Part: ComponentType }>> = {
  tokens: { action: "token.read", Part: lazy(() => import("./tokens.tsx")) },
  roles: { action: null, Part: lazy(() => import("./roles.tsx")) },
  channels: { action: "notification.read", Part: lazy(() => import("./channels.tsx")) },
  integrations: { action: "integration.read", Part: lazy(() => import("./integrations.tsx")) },
  secrets: { action: "secret.read", Part: lazy(() => import("./secrets.tsx")) },
  servers: { action: "system.read", Part: lazy(() => import("./servers.tsx")) },
};

export function SettingsPage() {
  const { section: asked } = route.useSearch();
  const navigate = route.useNavigate();
  const { actions } = usePrincipal();
  const shown = (Object.keys(SECTIONS) as Section[]).filter((name) => {
    const { action } = PARTS[name];
    return action === null || actions.includes(action);
  });
  // Everybody may see what roles there are.
  const section = shown.find((name) => name === asked) ?? shown[0] ?? "roles";
  const { Part } = PARTS[section];
  useTitle(SECTIONS[section]);
  return (
    <div className="space-y-4">
      <h1 className="text-lg font-semibold">Settings</h1>
      <Tabs
        label="Settings"
        tabs={shown.map((name) => ({ name, label: SECTIONS[name] }))}
        value={section}
        onChange={(name) => void navigate({ search: { section: name } })}
      >
        <Suspense fallback={<Loading rows={8} />}>
          <Part />
        </Suspense>
      </Tabs>
    </div>
  );
}
