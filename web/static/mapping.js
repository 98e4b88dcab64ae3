/* The form of a mapping: another row for a rule, and names of fields put where they are needed. */
(() => {
  const rules = document.querySelector("[data-rules]");
  const add = document.querySelector("[data-add-rule]");
  if (!rules || !add) return;

  function addRow() {
    const rows = rules.querySelectorAll("[data-rule]");
    const row = rows[rows.length - 1].cloneNode(true);
    const legend = row.querySelector("legend");
    legend.textContent = legend.textContent.replace(/\d+/, rows.length + 1);
    for (const error of row.querySelectorAll(".gh-field-error")) error.remove();
    for (const element of row.querySelectorAll("input, select")) {
      const id = element.id.replace(/^rule-\d+/, `rule-${rows.length}`);
      row.querySelector(`label[for="${element.id}"]`).htmlFor = id;
      element.id = id;
      element.value = "";
      element.classList.remove("is-invalid");
      element.removeAttribute("aria-invalid");
      element.removeAttribute("aria-describedby");
    }
    rules.append(row);
    return row;
  }

  add.hidden = false;
  add.addEventListener("click", () => addRow().querySelector("[name=source]").focus());

  document.getElementById("field-try_topic")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();  // it is tried, not saved
  });

  document.addEventListener("click", (event) => {
    const found = event.target.closest("[data-use-field], [data-use-level]");
    if (!found) return;
    const { useField, useLevel } = found.dataset;
    const device = document.querySelector("[name=device_from]");
    if (device && (useLevel || !device.value)) {
      device.value = useLevel ?? useField;
      device.dispatchEvent(new Event("input", { bubbles: true }));
      device.focus();
      return;
    }
    const empty = [...rules.querySelectorAll("[name=source]")].find((source) => !source.value);
    const source = empty ?? addRow().querySelector("[name=source]");
    source.value = useField;
    source.dispatchEvent(new Event("input", { bubbles: true }));
    source.closest("[data-rule]").querySelector("[name=target]").focus();
  });
})();
