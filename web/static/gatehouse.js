/* What every page does in the browser: live updates, times, errors, dialogs, appearance. No framework beside htmx. */
(() => {
  const root = document.documentElement;
  const body = document.body;
  const text = body.dataset;
  const gatehouse = window.gatehouse;

  /* ---- Times: the server writes them, this keeps them fresh, in the same words (web/rendering.py) ---- */

  const clockSkew = Date.parse(document.querySelector('meta[name="server-time"]').content) - Date.now();
  const steps = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const agoFormat = new Intl.RelativeTimeFormat(root.lang, { numeric: "always" });
  const unitFormats = Object.fromEntries(
    steps.map(([unit]) => [unit, new Intl.NumberFormat(root.lang, { style: "unit", unit, unitDisplay: "narrow" })]),
  );

  function secondsSince(element) {
    return (Date.now() + clockSkew - Date.parse(element.dateTime)) / 1000;
  }

  function ago(seconds) {
    const distance = Math.abs(seconds);
    if (distance < 45) return text.textJustNow;
    const [unit, size] = steps.slice(0, 3).find(([, size]) => distance >= size) ?? steps[2];
    const count = Math.max(1, Math.floor(distance / size));
    return agoFormat.format(seconds > 0 ? -count : count, unit);
  }

  function duration(seconds) {
    let rest = Math.max(0, Math.floor(seconds));
    if (rest >= 60) rest -= rest % 60;
    const found = steps.findIndex(([, size]) => rest >= size);
    const first = found < 0 ? steps.length - 1 : found;
    const parts = [];
    for (const [unit, size] of steps.slice(first, first + 2)) {
      const count = Math.floor(rest / size);
      rest %= size;
      if (count || !parts.length) parts.push(unitFormats[unit].format(count));
    }
    return parts.join(root.lang.startsWith("zh") ? "" : " ");
  }

  function write(element, words) {
    if (element.textContent !== words) element.textContent = words;
  }

  let ticks = 0;
  function tick() {
    for (const element of document.querySelectorAll("time[data-elapsed]")) write(element, duration(secondsSince(element)));
    if (ticks++ % 15) return;
    for (const element of document.querySelectorAll("time[data-relative]")) {
      const seconds = secondsSince(element);
      if (Math.abs(seconds) < 7 * 86400) write(element, ago(seconds));
    }
  }
  setInterval(tick, 1000);

  /* ---- Toasts and errors ---- */

  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${text.icons}#${name}`);
    svg.append(use);
    return svg;
  }

  function toast(message, tone = "bad") {
    const line = document.createElement("div");
    const words = document.createElement("span");
    const close = document.createElement("button");
    line.className = `gh-toast gh-tone-${tone}`;
    words.textContent = message;
    close.type = "button";
    close.className = "gh-icon-button";
    close.setAttribute("aria-label", text.textClose);
    close.append(icon("x"));
    close.addEventListener("click", () => line.remove());
    line.append(icon(tone === "ok" ? "circle-check" : "alert-triangle"), words, close);
    document.getElementById("gh-toasts").append(line);
    setTimeout(() => line.remove(), tone === "ok" ? 5000 : 12000);
  }

  function problem(xhr) {
    try {
      return JSON.parse(xhr.responseText).detail || text.textInternal;
    } catch {
      return text.textInternal;
    }
  }

  function signIn() {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  }

  const isLivePart = (element) => element.getAttribute?.("hx-trigger")?.includes("resync");

  body.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = document.querySelector('meta[name="csrf-token"]').content;
  });
  body.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const html = xhr.getResponseHeader("Content-Type")?.startsWith("text/html");
    if (new URL(xhr.responseURL || location.href).pathname === "/login" && location.pathname !== "/login") {
      event.detail.shouldSwap = false;
      signIn();
    } else if (xhr.status === 422 && html) {
      event.detail.shouldSwap = true; // the form again, with its errors
      event.detail.isError = false;
    }
  });
  body.addEventListener("htmx:responseError", (event) => {
    const { xhr, elt } = event.detail;
    if (xhr.status === 401) signIn();
    else if (!(isLivePart(elt) && xhr.status >= 500)) toast(problem(xhr));
  });
  body.addEventListener("htmx:sendError", (event) => {
    if (!isLivePart(event.detail.elt)) toast(text.textNetwork);
  });
  body.addEventListener("toast", (event) => toast(event.detail.text, event.detail.tone ?? "ok"));

  /* ---- Signal ---- */

  function showSignal() {
    root.toggleAttribute("data-offline", !navigator.onLine);
  }
  addEventListener("online", showSignal);
  addEventListener("offline", showSignal);
  showSignal();

  /* ---- Dialogs, confirmation, forms ---- */

  function confirmed(question) {
    const dialog = document.getElementById("gh-confirm");
    dialog.querySelector("[data-confirm-text]").textContent = question;
    dialog.returnValue = "no";
    dialog.showModal();
    return new Promise((resolve) =>
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }),
    );
  }

  body.addEventListener("htmx:confirm", async (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    if (await confirmed(event.detail.question)) event.detail.issueRequest(true);
  });

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.dataset.confirm && !form.hasAttribute("data-confirmed")) {
      event.preventDefault();
      if (!(await confirmed(form.dataset.confirm))) return;
      form.toggleAttribute("data-confirmed", true);
      form.requestSubmit(event.submitter);
    } else if (form.hasAttribute("aria-busy")) {
      event.preventDefault(); // a second tap on the same button
    } else if (form.method === "post") {
      form.setAttribute("aria-busy", "true");
    }
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[aria-busy]")) form.removeAttribute("aria-busy");
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form && event.target.matches("[name]:is(select, [type=checkbox], [type=radio], [type=date])")) form.requestSubmit();
  });

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-dialog], [data-dialog-close], [data-theme-choice], [data-fold-sidebar]");
    if (!target) return;
    if (target.dataset.dialog) document.getElementById(target.dataset.dialog).showModal();
    else if (target.hasAttribute("data-dialog-close")) target.closest("dialog").close();
    else if (target.dataset.themeChoice) remember("gatehouse-theme", target.dataset.themeChoice);
    else remember("gatehouse-sidebar", root.hasAttribute("data-sidebar-folded") ? "open" : "folded");
  });
  for (const dialog of document.querySelectorAll("dialog[data-dialog-open]")) dialog.showModal();

  function remember(name, value) {
    try {
      localStorage.setItem(name, value);
    } catch {
      return; // storage is blocked: the choice cannot be kept
    }
    gatehouse.applyTheme();
    showChoice();
  }

  function showChoice() {
    const choice = gatehouse.stored("gatehouse-theme") ?? "auto";
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  }
  showChoice();
})();
