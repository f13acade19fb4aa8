/** Whether labels meet a selector as the API writes it: `app=web,tier in (a,b),!old`. */
export function selects(selector: string, labels: Record<string, string> = {}): boolean {
  // Commas in brackets separate values, not conditions.
  const conditions = selector.split(/,(?![^(]*\))/).filter((each) => each.trim() !== "");
  return conditions.every((condition) => meets(condition.trim(), labels));
}

function meets(condition: string, labels: Record<string, string>): boolean {
  const [, setKey, not, values] = /^(\S+)\s+(not)?in\s+\((.*)\)$/.exec(condition) ?? [];
  if (setKey !== undefined && values !== undefined) {
    const value = labels[setKey];
    const isIn = value !== undefined && values.split(",").some((each) => each.trim() === value);
    return not === undefined ? isIn : !isIn;
  }
  const [, key = "", operator, value] = /^([^!=\s]+)\s*(==|=|!=)\s*(.*)$/.exec(condition) ?? [];
  if (operator !== undefined) return (labels[key] === value) === (operator !== "!=");
  return condition.startsWith("!") ? !(condition.slice(1) in labels) : condition in labels;
}
