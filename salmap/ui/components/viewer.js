// A picture, or two with a slider that swipes between them, and the regions found on it.
// data: { ratio, base, top, alt, labels: [base, top], swipe_label, title, columns, note, status,
//   legend: { colors, low, high, meaning } or null, regions: [{ rank,
//   box: [left, top, right, bottom] in percent, bar, share, cells }] or null }
// Pointing at an area, in the list or on the picture, lights it up; a click keeps it lit.
// A tall picture keeps a useful width and is scrolled.
const TALL = 0.62;

export default function ({ data: [data], parentElement }) {
  const find = (selector) => parentElement.querySelector(selector);
  const viewer = find(".viewer");
  const range = find("input");
  let kept = viewer.dataset.kept;

  viewer.style.setProperty("--ratio", data.ratio);
  viewer.classList.toggle("still", !data.top);
  viewer.classList.toggle("plain", data.regions === null);
  viewer.classList.toggle("tall", data.ratio < TALL);
  const scroller = find(".scroller");
  if (data.ratio < TALL) {
    scroller.tabIndex = 0;
    scroller.setAttribute("role", "region");
    scroller.setAttribute("aria-label", "The picture, which is taller than this frame");
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) scroller.removeAttribute(name);
  }
  show(find(".base"), data.base, data.alt);
  show(find(".top"), data.top, "");
  find(".left").textContent = data.labels[0];
  find(".right").textContent = data.top ? data.labels[1] : "";
  range.setAttribute("aria-label", data.swipe_label);
  range.oninput = swipe;
  const knob = find(".knob");
  knob.onpointerdown = (event) => knob.setPointerCapture(event.pointerId);
  knob.onpointermove = (event) => {
    if (!knob.hasPointerCapture(event.pointerId)) return;
    const { left, width } = find(".stage").getBoundingClientRect();
    range.value = (100 * (event.clientX - left)) / width;
    swipe();
  };
  swipe();
  explain(data.legend);
  announce(data.status);

  const regions = data.regions ?? [];
  find("caption").textContent = data.title;
  find("thead").replaceChildren(regions.length ? row("th", data.columns) : "");
  find("tbody").replaceChildren(...regions.map(listed));
  const weakestFirst = [...regions].reverse();
  find(".boxes").replaceChildren(...weakestFirst.map(box), ...weakestFirst.map(badge));
  find(".note").textContent = data.note;
  if (!regions.some(({ rank }) => String(rank) === kept)) keep(undefined);
  light(kept);
  viewer.classList.add("ready");

  function show(image, source, alt) {
    image.hidden = !source;
    image.alt = alt;
    if (source && image.src !== source) image.src = source;
  }

  function swipe() {
    const at = data.top ? Number(range.value) : 0;
    find(".stage").style.setProperty("--at", at);
    find(".left").style.opacity = data.top && at < 16 ? 0 : Number(data.labels[0] !== "");
    find(".right").style.opacity = at > 84 ? 0 : Number(Boolean(data.top));
    range.setAttribute("aria-valuetext", `${data.labels[0]} on the left ${Math.round(at)} %`);
  }

  function explain(legend) {
    find(".legend").hidden = !legend;
    if (!legend) return;
    find(".scale").hidden = !legend.colors;
    find(".scale i").style.background = legend.colors;
    find(".low").textContent = legend.low;
    find(".high").textContent = legend.high;
    find(".meaning").textContent = legend.meaning;
  }

  function announce(text) {
    const status = find(".status");
    if (status.textContent !== text) status.textContent = text;
  }

  function light(rank) {
    for (const part of parentElement.querySelectorAll("[data-rank]")) {
      part.classList.toggle("on", part.dataset.rank === rank);
    }
    for (const button of parentElement.querySelectorAll("td button")) {
      button.setAttribute("aria-pressed", String(button.closest("tr").dataset.rank === kept));
    }
  }

  function keep(rank) {
    kept = rank;
    if (rank) viewer.dataset.kept = rank;
    else delete viewer.dataset.kept;
  }

  function follow(part, rank) {
    part.dataset.rank = rank;
    part.onmouseenter = () => light(part.dataset.rank);
    part.onmouseleave = () => light(kept);
    part.onclick = () => {
      keep(kept === part.dataset.rank ? undefined : part.dataset.rank);
      light(kept);
    };
  }

  function row(kind, texts) {
    const line = document.createElement("tr");
    for (const [index, text] of texts.entries()) {
      const cell = line.appendChild(document.createElement(kind));
      if (kind === "th") cell.scope = "col";
      if (index > 2) cell.className = "number";
      cell.textContent = text;
    }
    return line;
  }

  function listed({ rank, bar, share, cells }) {
    const line = row("td", ["", "", ...cells]);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = rank;
    button.setAttribute("aria-label", `Show area ${rank} on the picture`);
    line.cells[0].append(button);
    const bars = document.createElement("div");
    bars.className = "share";
    bars.innerHTML = '<span></span><span class="bar"><i></i></span>';
    bars.firstChild.textContent = share;
    bars.querySelector("i").style.width = `${bar}%`;
    line.cells[1].append(bars);
    follow(line, rank);
    return line;
  }

  function box({ rank, box: [left, top, right, bottom] }) {
    const frame = document.createElement("div");
    frame.className = "box";
    frame.dataset.rank = rank;
    Object.assign(frame.style, {
      left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%`,
    });
    return frame;
  }

  function badge({ rank, box: [left, top], share }) {
    const mark = document.createElement("div");
    mark.className = "badge";
    mark.textContent = rank;
    mark.title = `${share} of all attention`;
    mark.style.left = `clamp(2px, ${left}% - 11px, 100% - 24px)`;
    mark.style.top = `clamp(2px, ${top}% - 11px, 100% - 24px)`;
    follow(mark, rank);
    return mark;
  }
}
