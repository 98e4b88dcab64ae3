/* Draws [data-chart]: one uPlot panel for each measure, sharing the time axis and the cursor. See components/charts.html. */
(() => {
  const lang = document.documentElement.lang;
  const twoDigits = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /* A colour of the page as the canvas understands it: tokens are light-dark() and resolve only on an element. */
  function colour(element, token) {
    const probe = element.appendChild(document.createElement("i"));
    probe.style.color = `var(${token})`;
    const resolved = getComputedStyle(probe).color;
    probe.remove();
    return resolved;
  }

  /* Words of a measure that is not a number, from the bottom of its axis to the top. */
  function stepsOf(measure, words) {
    if (measure.type === "bool") return [[false, words.textNo], [true, words.textYes]];
    if (measure.type === "choice") return Object.entries(measure.choices);
    return null;
  }

  function formatter(measure, steps) {
    if (steps) return (value) => (value == null ? "–" : (steps[value]?.[1] ?? ""));
    const number = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
    const unit = measure.unit === "%" ? "%" : measure.unit ? `\u00a0${measure.unit}` : "";
    return (value) => (value == null ? "–" : number.format(value) + unit);
  }

  /* A counter of millions would not fit beside the axis in full. */
  function axisNumber(value) {
    const notation = Math.abs(value) < 100000 ? "standard" : "compact";
    return new Intl.NumberFormat(lang, { notation, maximumFractionDigits: 2 }).format(value);
  }

  function timeTexts(zone) {
    const time = new Intl.DateTimeFormat(lang, { ...twoDigits, timeZone: zone });
    const day = new Intl.DateTimeFormat(lang, { month: "short", day: "numeric", timeZone: zone });
    const at = (seconds) => new Date(seconds * 1000);
    return {
      full: (seconds) => `${day.format(at(seconds))} ${time.format(at(seconds))}`,
      tick: (seconds) => (time.format(at(seconds)) === "00:00" ? day.format(at(seconds)) : time.format(at(seconds))),
    };
  }

  function panel(figure, measure) {
    const section = document.createElement("section");
    const head = document.createElement("div");
    const title = document.createElement("h3");
    const output = document.createElement("output");
    const place = document.createElement("div");
    head.className = "gh-chart-head";
    title.textContent = measure.unit ? `${measure.name} (${measure.unit})` : measure.name;
    head.append(title, output);
    section.append(head, place);
    figure.querySelector(".gh-chart-panels").append(section);
    return { output, place };
  }

  /* Readings without a neighbour, which no line would show. */
  function lonely(chart, series) {
    const values = chart.data[series];
    return values.flatMap((value, row) => (value != null && values[row - 1] == null && values[row + 1] == null ? [row] : []));
  }

  function verticalRange(steps) {
    if (steps) return () => [-0.25, steps.length - 0.75];
    return (_, low, high) => {
      if (low == null) return [0, 1];
      const room = Math.max((high - low) * 0.1, Math.abs(high) * 0.02, 0.5);
      return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
    };
  }

  function options(figure, data, measure, parts, width) {
    const steps = stepsOf(measure, figure.dataset);
    const format = formatter(measure, steps);
    const times = timeTexts(data.tz);
    const ink = colour(figure, "--tblr-secondary");
    const grid = { stroke: colour(figure, "--tblr-border-color"), width: 1 };
    const line = colour(figure, "--gh-info");
    const font = `12px ${style("--tblr-font-sans-serif")}`;
    const axis = { stroke: ink, grid, ticks: { ...grid, size: 4 }, font };
    const last = (values) => values.findLastIndex((value) => value != null);

    function show(chart) {
      const values = chart.data[1];
      const row = chart.cursor.idx ?? last(values);
      parts.output.textContent = row < 0 || row == null ? "" : `${times.full(chart.data[0][row])} · ${format(values[row])}`;
    }

    return {
      width,
      height: steps ? 64 + 22 * steps.length : 170,
      legend: { show: false },
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), data.tz),
      cursor: { sync: { key: figure.dataset.chart }, y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { range: () => [data.from, data.to] }, y: { range: verticalRange(steps) } },
      axes: [
        { ...axis, size: 28, space: 60, values: (_, ticks) => ticks.map(times.tick) },
        {
          ...axis,
          size: 64,
          space: 28,
          splits: steps ? () => steps.map((_, index) => index) : undefined,
          values: (_, ticks) => ticks.map(steps ? format : axisNumber),
        },
      ],
      series: [
        {},
        {
          stroke: line,
          width: 1.75,
          fill: steps ? undefined : line.replace("rgb(", "rgba(").replace(")", ", 0.08)"),
          paths: steps ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(),
          points: { show: true, size: 4, fill: line, filter: lonely },
        },
      ],
      hooks: { setCursor: [show], ready: [show] },
    };
  }

  function note(figure, words) {
    const line = document.createElement("p");
    line.className = "gh-chart-note";
    line.textContent = words;
    figure.querySelector(".gh-chart-panels").replaceChildren(line);
  }

  class Chart {
    constructor(figure) {
      this.figure = figure;
      this.plots = [];
      this.width = 0;
      new ResizeObserver(() => this.fit()).observe(figure);
      new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
      if (figure.dataset.topic) window.gatehouse.onTopic(figure.dataset.topic, () => this.soon());
      this.load();
    }

    async load() {
      try {
        const answer = await fetch(this.figure.dataset.chart, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(answer.statusText);
        this.data = await answer.json();
        this.draw();
      } catch {
        if (!this.data) note(this.figure, this.figure.dataset.textFailed);
      }
      this.figure.querySelector(".gh-chart-panels").removeAttribute("aria-busy");
    }

    /* News comes each second; a picture of 24 hours changes visibly less often. */
    soon() {
      this.timer ??= setTimeout(() => {
        this.timer = null;
        this.load();
      }, 5000);
    }

    draw() {
      if (!this.data) return;
      for (const plot of this.plots) plot.destroy();
      this.plots = [];
      if (!this.data.ts.length) {
        note(this.figure, this.figure.dataset.textEmpty);
        return;
      }
      const panels = this.figure.querySelector(".gh-chart-panels");
      this.width = panels.clientWidth;
      panels.replaceChildren();
      for (const measure of this.data.measures) {
        if (measure.values.some((value) => value != null)) this.plot(measure, this.data.ts, measure.values);
      }
    }

    plot(measure, ts, values) {
      const parts = panel(this.figure, measure);
      const steps = stepsOf(measure, this.figure.dataset);
      const place = (value) => {
      const index = steps.findIndex(([choice]) => choice === value);
      return index < 0 ? null : index;
    };
      const drawn = steps ? values.map(place) : values;
      this.plots.push(new uPlot(options(this.figure, this.data, measure, parts, this.width), [ts, drawn], parts.place));
    }

    fit() {
      const width = this.figure.querySelector(".gh-chart-panels").clientWidth;
      if (width === this.width || !width) return;
      this.width = width;
      for (const plot of this.plots) plot.setSize({ width, height: plot.height });
    }
  }

  for (const figure of document.querySelectorAll("[data-chart]")) new Chart(figure);
})();
