/** One package of a version, in the words of OSV. */
export interface Component {
  /** `npm`, `PyPI`, `Go` …: the ecosystem's name in OSV; a distribution's release is left out. */
  ecosystem: string;
  /** As the ecosystem compares names. */
  name: string;
  version: string;
}

/** PyPI treats case, `-`, `_` and `.` alike in names (PEP 503); the others compare them as they are. */
export const normalName = (ecosystem: string, name: string): string =>
  ecosystem === "PyPI" ? name.toLowerCase().replace(/[-_.]+/g, "-") : name;

/** `Debian:12` and `Debian` are one ecosystem here. */
export const ecosystemFamily = (ecosystem: string): string => ecosystem.split(":", 1)[0] ?? ecosystem;

export const componentKey = (ecosystem: string, name: string): string => `${ecosystem}\n${name}`;
