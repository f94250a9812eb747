// A heading of a sortable table sorts it; once more, the other way round.
for (const table of document.querySelectorAll(".sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  for (const [place, heading] of headings.entries()) {
    if (!heading.textContent) continue;
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    button.onclick = () => {
      const down = heading.ariaSort !== "descending";
      const value = (row) => row.cells[place].dataset.value ?? row.cells[place].textContent.trim();
      const order = new Intl.Collator(undefined, { numeric: true });
      const rows = [...table.tBodies[0].rows].sort((a, b) =>
        "value" in a.cells[place].dataset ? value(a) - value(b) : order.compare(value(a), value(b)),
      );
      table.tBodies[0].append(...(down ? rows.reverse() : rows));
      for (const other of headings) other.ariaSort = null;
      heading.ariaSort = down ? "descending" : "ascending";
    };
  }
}
