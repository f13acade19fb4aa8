import type { Version } from "@sluice/client";
import { getRouteApi } from "@tanstack/react-router";
import { Choice } from "../ui/field.tsx";

const route = getRouteApi("/artifacts/$name");

/** The version that the address says, or the one that was registered last. */
export function useVersion(versions: readonly Version[]): Version | undefined {
  const { version } = route.useSearch();
  return version === undefined ? versions[0] : versions.find((one) => one.version === version);
}

export function VersionChoice({ versions }: { versions: readonly Version[] }) {
  const navigate = route.useNavigate();
  const chosen = useVersion(versions);
  return (
    <div className="max-w-60">
      <Choice
        label="Version"
        value={chosen?.version ?? ""}
        onChange={({ target }) =>
          void navigate({ search: (before) => ({ ...before, version: target.value }), replace: true })
        }
      >
        {versions.map(({ id, version }) => (
          <option key={id}>{version}</option>
        ))}
      </Choice>
    </div>
  );
}
