import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { LogOut, Menu, Moon, Rocket, Sun } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { projectsQuery, sessionQuery } from "../api/queries.ts";
import { Button } from "../ui/button.tsx";
import { ConnectionDot, useLive } from "./live.tsx";
import { Notices } from "./notices.tsx";
import { useProject, useSetProject } from "./project.tsx";
import { usePrincipal, useRefusal, useSignOut } from "./session.tsx";
import { toggleTheme, useTheme } from "./theme.ts";

const PAGES = [
  { to: "/", label: "Overview" },
  { to: "/rollouts", label: "Rollouts" },
  { to: "/deployments", label: "Deployments" },
  { to: "/artifacts", label: "Artifacts" },
  { to: "/environments", label: "Environments" },
  { to: "/audit", label: "Audit", action: "audit.read" },
  { to: "/settings", label: "Settings" },
] as const;

const LINK =
  "rounded-md px-2.5 py-1.5 font-medium text-muted hover:bg-sunken hover:text-text aria-[current=page]:bg-sunken aria-[current=page]:text-text";

/** Those that the viewer may see. */
function usePages(): (typeof PAGES)[number][] {
  const { actions } = usePrincipal();
  return PAGES.filter((page) => !("action" in page) || actions.includes(page.action));
}

/** What surrounds every page. */
export function Shell() {
  useLive();
  const pages = usePages();
  return (
    <div className="min-h-dvh">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:p-2"
      >
        Skip to the page
      </a>
      <header className="sticky top-0 z-20 border-b border-line bg-surface">
        <div className="mx-auto flex h-13 max-w-[90rem] items-center gap-2 px-4">
          <Pages />
          <Link to="/" className="flex items-center gap-2 pr-2 font-semibold">
            <img src="/sluice.svg" alt="" className="size-6" />
            Sluice
          </Link>
          <nav aria-label="Pages" className="hidden gap-0.5 lg:flex">
            {pages.map(({ to, label }) => (
              <Link key={to} to={to} activeOptions={{ exact: to === "/", includeSearch: false }} className={LINK}>
                {label}
              </Link>
            ))}
          </nav>
          <div className="ml-auto flex items-center gap-2">
            <span className="hidden md:block">
              <ConnectionDot />
            </span>
            <ProjectChoice />
            <DeployLink />
            <ThemeSwitch />
            <User />
          </div>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="mx-auto max-w-[90rem] px-4 pt-5 pb-16 outline-none">
        <Outlet />
      </main>
      <Notices />
    </div>
  );
}

/** The pages, where there is no room for all their names. */
function Pages() {
  const pages = usePages();
  return (
    // Beside what it is opened by, and of the page: what is read aloud stays whole.
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button tone="quiet" aria-label="Pages" className="lg:hidden" icon={<Menu aria-hidden className="size-4" />} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        align="start"
        className="z-50 flex min-w-44 flex-col rounded-lg border border-line bg-raised p-1 shadow-xl"
      >
        {pages.map(({ to, label }) => (
          <DropdownMenu.Item key={to} asChild>
            <Link to={to} className={LINK}>
              {label}
            </Link>
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

function ProjectChoice() {
  const project = useProject();
  const choose = useSetProject();
  const { data } = useQuery(projectsQuery);
  const projects = data?.items ?? [];
  if (projects.length < 2) return null;
  return (
    <select
      aria-label="Project"
      value={project}
      onChange={(event) => choose(event.target.value)}
      className="h-8 max-w-32 rounded-md border border-edge bg-surface px-2"
    >
      {projects.map(({ name }) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}

function DeployLink() {
  const refusal = useRefusal("deployment.write");
  if (refusal !== null) return null;
  return (
    <Link
      to="/deploy"
      className="inline-flex h-8 items-center gap-1.5 rounded-md bg-accent px-3 font-medium text-accent-text hover:opacity-90"
    >
      <Rocket aria-hidden className="size-4" />
      Deploy
    </Link>
  );
}

function ThemeSwitch() {
  const theme = useTheme();
  const Icon = theme === "dark" ? Sun : Moon;
  return (
    <Button
      tone="quiet"
      size="small"
      aria-label={theme === "dark" ? "Light theme" : "Dark theme"}
      onClick={toggleTheme}
      icon={<Icon aria-hidden className="size-4" />}
    />
  );
}

function User() {
  const { name, role } = usePrincipal();
  const signOut = useSignOut();
  const { data } = useQuery(sessionQuery);
  return (
    <div className="flex items-center gap-1">
      <span className="hidden text-xs text-muted xl:block">
        {name} · {role}
      </span>
      {data?.authentication === "token" && (
        <Button
          tone="quiet"
          size="small"
          aria-label="Sign out"
          onClick={signOut}
          icon={<LogOut aria-hidden className="size-4" />}
        />
      )}
    </div>
  );
}
