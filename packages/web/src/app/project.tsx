import { useNavigate, useSearch } from "@tanstack/react-router";
import { usePrincipal } from "./session.tsx";

/** The project that the page shows: the token's own, or the one in the address, or the default one. */
export function useProject(): string {
  const { project } = usePrincipal();
  const search = useSearch({ strict: false });
  return project ?? search.project ?? "default";
}

export function useSetProject(): (project: string) => void {
  const navigate = useNavigate();
  return (project) => void navigate({ to: "/", search: { project } });
}
