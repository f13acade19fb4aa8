/** How a gate's condition compares, as people write it. */
export const SIGNS = { gte: "≥", lte: "≤", eq: "=", gt: ">", lt: "<" } as const;
