// A table of numbers: a heading for each row, the best of each column marked.
// data: { caption, columns: [{ label, help }], rows: [{ name, note, cells: [{ text, best }] }] }
export default function ({ data, parentElement }) {
  const find = (selector) => parentElement.querySelector(selector);
  find(".scroll").setAttribute("aria-label", data.caption);
  find("caption").textContent = data.caption;
  find("thead tr").replaceChildren(...data.columns.map(heading));
  find("tbody").replaceChildren(...data.rows.map(row));

  function heading({ label, help }) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = label;
    if (help) cell.title = help;
    return cell;
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
