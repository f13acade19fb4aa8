/** A line of two texts that are compared: in both, or in one of them alone. */
export interface Line {
  side: "both" | "before" | "after";
  text: string;
}

/** Lines that are shown around those that differ. */
const AROUND = 2;
/** Comparisons that are made, at most; texts that differ more are shown as they are, one below the other. */
const MOST = 4_000_000;

/** The lines of two texts in their order, with as few as can be in one of them alone. */
export function linesOf(before: string, after: string): Line[] {
  const [left, right] = [before.split("\n"), after.split("\n")];
  const start = left.findIndex((line, at) => line !== right[at]);
  const same = start === -1 ? left.length : start;
  const end = sameAtEnd(left.slice(same), right.slice(same));
  const [old, fresh] = [left.slice(same, left.length - end), right.slice(same, right.length - end)];
  const both = (texts: readonly string[]): Line[] => texts.map((text) => ({ side: "both", text }));
  return [...both(left.slice(0, same)), ...middle(old, fresh), ...both(left.slice(left.length - end))];
}

function sameAtEnd(left: readonly string[], right: readonly string[]): number {
  let count = 0;
  while (count < Math.min(left.length, right.length) && left.at(-1 - count) === right.at(-1 - count)) count += 1;
  return count;
}

/** By the longest common subsequence. */
function middle(left: readonly string[], right: readonly string[]): Line[] {
  if (left.length * right.length > MOST) return [...alone("before", left), ...alone("after", right)];
  const width = right.length + 1;
  const longest = new Uint32Array((left.length + 1) * width);
  const at = (row: number, column: number): number => longest[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      longest[row * width + column] =
        left[row] === right[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < left.length && column < right.length) {
    if (left[row] === right[column]) {
      lines.push({ side: "both", text: left[row] ?? "" });
      row += 1;
      column += 1;
    } else if (at(row + 1, column) >= at(row, column + 1)) {
      lines.push({ side: "before", text: left[row] ?? "" });
      row += 1;
    } else {
      lines.push({ side: "after", text: right[column] ?? "" });
      column += 1;
    }
  }
  return [...lines, ...alone("before", left.slice(row)), ...alone("after", right.slice(column))];
}

const alone = (side: Line["side"], texts: readonly string[]): Line[] => texts.map((text) => ({ side, text }));

/** The lines that differ with some around them; a number stands for so many that are the same and not shown. */
export function shortened(lines: readonly Line[]): (Line | number)[] {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ side }) => side !== "both"),
  );
  const shown: (Line | number)[] = [];
  for (const [at, line] of lines.entries()) {
    const last = shown.at(-1);
    if (near[at] === true) shown.push(line);
    else if (typeof last === "number") shown[shown.length - 1] = last + 1;
    else shown.push(1);
  }
  return shown;
}
