/** Whether the action throws nothing, as schemas ask of what others can compile. */
export const succeeds = (action: () => unknown): boolean => {
  try {
    action();
    return true;
  } catch {
    return false;
  }
};
