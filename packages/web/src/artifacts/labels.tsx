import { Badge } from "../ui/badge.tsx";

/** What was written on an artifact; a long one is cut, and whole on hover. */
export const Labels = ({ labels }: { labels: Readonly<Record<string, string>> }) =>
  Object.entries(labels).map(([key, value]) => (
    <Badge key={key}>
      <span className="inline-block max-w-56 truncate align-bottom" title={`${key}=${value}`}>
        <bdi>{key}</bdi>=<bdi>{value}</bdi>
      </span>
    </Badge>
  ));
