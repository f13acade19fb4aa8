// Before the first paint: what was chosen here last, or what the system prefers.
(() => {
  const chosen = localStorage.getItem("sluice.theme");
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = chosen ?? (dark ? "dark" : "light");
})();
