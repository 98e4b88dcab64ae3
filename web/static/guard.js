/* The guard's page: says so when a check-in did not reach the server, and lets the hand feel the answer. The form works without. */
(() => {
  const patterns = { ok: [90], info: [90], warn: [90, 90, 90], bad: [350, 120, 350] };

  function answer() {
    const panel = document.querySelector("#guard-result [data-tone]");
    if (!panel) return;
    scrollTo(0, 0);
    navigator.vibrate?.(patterns[panel.dataset.tone]);
    const code = document.getElementById("code");
    if (panel.dataset.tone === "bad") code.select();
    else code.blur(); // the keyboard would cover what is next
  }

  /* Nothing came back: whether it was stored is not known, but the same form counts once, so trying again is safe. */
  function unanswered(template) {
    document.getElementById("guard-result").replaceChildren(document.getElementById(template).content.cloneNode(true));
    answer();
  }

  const isCheckIn = (event) => event.target.id === "check-in-form";
  const actions = document.querySelector(".gh-guard-actions");

  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    actions.addEventListener(name, (event) => {
      if (!isCheckIn(event)) return;
      event.stopPropagation(); // instead of the notice every page gives
      unanswered("guard-no-signal");
    });
  }
  actions.addEventListener("htmx:responseError", (event) => {
    if (!isCheckIn(event) || event.detail.xhr.status < 500) return;
    event.stopPropagation();
    unanswered("guard-failed");
  });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.requestConfig?.verb === "post") answer();
  });

  /* A page kept by the browser shows what was due then. */
  addEventListener("pageshow", (event) => {
    if (event.persisted) htmx.trigger(document.body, "resync");
  });
})();
