/* Live updates: the one event stream of a page, for htmx (hx-trigger="sse:…") and for scripts that draw. */
(() => {
  const root = document.documentElement;
  const text = document.body.dataset;
  const topics = new Set();
  const drawn = [];

  function announce(words) {
    document.getElementById("gh-announce").textContent = words;
  }

  function showLive(on) {
    const before = root.dataset.live;
    root.dataset.live = on ? "on" : "off";
    if (before === "off" && on) announce(text.textBack);
    if (before !== "off" && !on) announce(text.textLost);
  }

  /* An EventSource that comes back: after any failure with growing, scattered waits, and it rests while the tab is hidden,
     for a browser opens only six connections to a server. It begins with what changed since the position it names. */
  class LiveSource extends EventTarget {
    constructor(url) {
      super();
      this.url = url;
      this.position = document.querySelector('meta[name="live-position"]').content;
      this.failures = 0;
      this.source = null;
      this.lost = null;
      this.readyState = EventSource.CONNECTING;
      document.addEventListener("visibilitychange", () => this.rest(document.hidden ? 60000 : null));
      addEventListener("pagehide", () => this.stop());
      addEventListener("pageshow", (event) => event.persisted && this.start());
      this.start();
    }

    start() {
      if (this.source || this.readyState === EventSource.CLOSED) return;
      const url = new URL(this.url, location.href);
      url.searchParams.set("since", this.position);
      const source = (this.source = new EventSource(url));
      for (const topic of topics) this.forward(topic);
      source.addEventListener("position", (event) => (this.position = event.data));
      source.addEventListener("resync", () => htmx.trigger(document.body, "resync"));
      source.onopen = (event) => {
        this.failures = 0;
        clearTimeout(this.lost);
        this.lost = null;
        showLive(true);
        this.onopen?.(event);
      };
      source.onerror = () => {
        this.stop();
        if (!document.hidden) this.lost ??= setTimeout(() => showLive(false), 4000);
        const wait = Math.min(30000, 1000 * 2 ** this.failures++) * (0.5 + Math.random() / 2);
        this.retry = setTimeout(() => this.start(), wait);
      };
    }

    stop() {
      clearTimeout(this.retry);
      this.source?.close();
      this.source = null;
    }

    rest(after) {
      clearTimeout(this.resting);
      if (after) this.resting = setTimeout(() => this.stop(), after);
      else this.start();
    }

    close() {
      this.readyState = EventSource.CLOSED;
      this.stop();
    }

    addEventListener(topic, listener) {
      super.addEventListener(topic, listener);
      this.watch(topic);
    }

    watch(topic) {
      if (topics.has(topic)) return;
      topics.add(topic);
      if (this.source) this.forward(topic);
    }

    forward(topic) {
      this.source.addEventListener(topic, (event) => this.dispatchEvent(new MessageEvent(topic, { data: event.data })));
    }
  }

  /* ---- Live parts: nothing is taken from under people's hands ---- */

  const targets = "a[href], button, summary";
  let waiting = false;
  let focused = null;
  let unfolded = [];

  const isLivePart = (element) => element.getAttribute?.("hx-trigger")?.includes("resync");
  const nameOf = (element) => `${element.textContent.trim()}|${element.getAttribute("href") ?? element.form?.action ?? element.id}`;

  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.elt;
    if (!isLivePart(part)) return;
    if (document.querySelector("dialog[open]")) {
      event.detail.shouldSwap = false;
      waiting = true;
      return;
    }
    unfolded = [...part.querySelectorAll("details[open][id]")].map((details) => details.id);
    if (part.contains(document.activeElement)) focused = { part: part.id, name: nameOf(document.activeElement) };
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
    unfolded = [];
  });
  document.body.addEventListener("htmx:afterSettle", () => {
    if (!focused) return;
    const elements = document.getElementById(focused.part)?.querySelectorAll(targets) ?? [];
    [...elements].find((element) => nameOf(element) === focused.name)?.focus({ preventScroll: true });
    focused = null;
  });
  function catchUp() {
    if (!waiting || document.querySelector("dialog[open]")) return;
    waiting = false;
    htmx.trigger(document.body, "resync");
  }
  document.addEventListener("close", () => setTimeout(catchUp), true); // of a dialog; it does not bubble

  htmx.createEventSource = (url) => {
    const stream = new LiveSource(url);
    for (const [topic, callback] of drawn) stream.addEventListener(topic, callback);
    return stream;
  };

  /* Calls back on every event of the topic; for scripts that draw, like charts.js. They run before htmx opens the stream. */
  window.gatehouse.onTopic = (topic, callback) => {
    drawn.push([topic, callback]);
    document.body.addEventListener("resync", callback);
  };
})();
