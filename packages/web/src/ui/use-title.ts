import { useEffect } from "react";

/** What the browser calls the page: whoever has many open finds this one. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Sluice`;
    return () => {
      document.title = "Sluice";
    };
  }, [title]);
}
