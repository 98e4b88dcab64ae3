/* Appearance and sidebar before the first paint: loaded without defer, because the page itself may hold no script. */
(() => {
  const root = document.documentElement;
  const systemDark = matchMedia("(prefers-color-scheme: dark)");

  function stored(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // storage is blocked: follow the system, remember nothing
    }
  }

  function automatic() {
    const hour = new Date().getHours();
    const night = root.dataset.themeAuto === "night" && (hour >= 18 || hour < 6);
    return night || systemDark.matches ? "dark" : "light";
  }

  function apply() {
    const choice = stored("gatehouse-theme");
    root.dataset.bsTheme = choice === "light" || choice === "dark" ? choice : automatic();
    root.toggleAttribute("data-sidebar-folded", stored("gatehouse-sidebar") === "folded");
  }

  apply();
  systemDark.addEventListener("change", apply);
  addEventListener("storage", apply);
  document.addEventListener("visibilitychange", apply); // it may have become night
  window.gatehouse = { stored, applyTheme: apply };
})();
