// A table of numbers: a heading for each row, the best of each column marked.
// data: { caption, columns: [{ label, help }], rows: [{ name, note, cells: [{ text, best }] }] }
// The heading of a column with a help is a button that shows it below the table.
export default function ({ data: [data], parentElement }) {
  const find = (selector) => parentElement.querySelector(selector);
  find(".scroll").setAttribute("aria-label", data.caption);
  find("caption").textContent = data.caption;
  find("thead tr").replaceChildren(...data.columns.map(heading));
  find("tbody").replaceChildren(...data.rows.map(row));
  explain(data.columns.find(({ label }) => label === find(".help").dataset.label));

  function heading({ label, help }) {
    const cell = document.createElement("th");
    cell.scope = "col";
    if (!help) {
      cell.textContent = label;
      return cell;
    }
    const button = cell.appendChild(document.createElement("button"));
    button.type = "button";
    button.textContent = label;
    button.title = help;
    button.setAttribute("aria-controls", "help");
    button.onclick = () =>
      explain(find(".help").dataset.label === label ? undefined : { label, help });
    return cell;
  }

  function explain(column) {
    const place = find(".help");
    place.textContent = column ? `${column.label}: ${column.help}` : "";
    if (column) place.dataset.label = column.label;
    else delete place.dataset.label;
    for (const button of parentElement.querySelectorAll("thead button")) {
      button.setAttribute("aria-expanded", String(button.textContent === column?.label));
    }
  }

  function row({ name, note, cells }) {
    const line = document.createElement("tr");
    const head = line.appendChild(document.createElement("th"));
    head.scope = "row";
    head.textContent = name;
    if (note) head.appendChild(document.createElement("small")).textContent = note;
    for (const { text, best } of cells) {
      const cell = line.insertCell();
      cell.textContent = text;
      if (best) {
        cell.className = "best";
        cell.title = "The best of this column";
      }
    }
    return line;
  }
}
