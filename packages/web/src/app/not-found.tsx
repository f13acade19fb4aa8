import { Link } from "@tanstack/react-router";
import { useTitle } from "../ui/use-title.ts";

export function NotFound() {
  useTitle("Not found");
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <h1 className="text-lg font-semibold">There is nothing at this address</h1>
      <Link to="/" className="text-accent underline">
        To the overview
      </Link>
    </div>
  );
}
