// Areas of interest on a picture: drawn, moved, resized, named and removed by mouse, touch and keys.
// data: { key, src, alt, width, height, turn, areas: [{ name, corners: [[x, y], ...], share, bar, more }] };
//   corners are in pixels of the picture, on the edges of pixels.
// Trigger "areas": { turn, areas: [{ name, corners }] }, whenever a person has changed them. What
// comes back is shown unless its turn is older than the last change here.
const SVG = "http://www.w3.org/2000/svg";
const HINTS = {
  "": "Drag an area to move it, its corners to resize it.",
  box: "Drag across the picture.",
  polygon: "Press at each corner, then at the first one again.",
};
const REACH_PX = 12;
const TALL = 0.62; // width divided by height of a picture that keeps a useful width and is scrolled
const memory = new Map(); // outlives the page's parts, which may be made anew at any time

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const editor = find(".editor");
  const svg = find("svg");
  const now = memory.get(data.key) ?? { turn: -1, areas: [], chosen: -1, tool: "", draft: [] };
  memory.set(data.key, now);
  if (data.turn >= now.turn) {
    Object.assign(now, { turn: data.turn, areas: structuredClone(data.areas) });
    now.chosen = Math.min(now.chosen, now.areas.length - 1);
  }
  find(".stage").style.setProperty("--ratio", data.width / data.height);
  const isTall = data.width / data.height < TALL;
  editor.classList.toggle("tall", isTall);
  find(".scroller").tabIndex = isTall ? 0 : -1;
  const image = find("img");
  image.alt = data.alt;
  if (image.src !== data.src) image.src = data.src;
  svg.setAttribute("viewBox", `0 0 ${data.width} ${data.height}`);
  svg.onpointerdown = press;
  svg.onpointermove = drag;
  svg.onpointerup = release;
  svg.onpointercancel = () => { now.held = undefined; draw(); };
  for (const button of parentElement.querySelectorAll("[data-tool]")) {
    button.onclick = () => choose(button.dataset.tool);
  }
  for (const field of parentElement.querySelectorAll("[data-edge]")) field.onchange = typed;
  editor.onkeydown = ({ key }) => {
    if (key === "Escape" && now.tool) choose(now.tool);
    if (key === "Enter" && now.tool === "polygon") finish();
  };
  draw();
  list();

  function choose(tool) {
    if (tool === "finish") return finish();
    if (tool === "add") {
      const [w, h] = [data.width, data.height];
      return add(rectangle([w / 3, h / 3], [(2 * w) / 3, (2 * h) / 3]));
    }
    now.tool = now.tool === tool ? "" : tool;
    now.draft = [];
    draw();
  }

  function press(event) {
    const point = at(event);
    if (now.tool === "polygon") return corner(point);
    const { index, corner: which } = event.target.dataset;
    if (now.tool === "box") now.held = { kind: "box", from: point };
    else if (index === undefined) now.chosen = -1;
    else {
      now.chosen = Number(index);
      const before = now.areas[now.chosen].corners;
      now.held = { kind: which === undefined ? "move" : Number(which), from: point, before };
    }
    if (now.held) svg.setPointerCapture(event.pointerId);
    draw();
    list();
  }

  function drag(event) {
    if (now.tool === "polygon" && now.draft.length) now.tip = at(event);
    else if (!now.held) return;
    else if (now.held.kind === "box") now.draft = rectangle(now.held.from, at(event));
    else now.areas[now.chosen].corners = changed(now.held, at(event));
    draw();
  }

  function release() {
    const { kind, before } = now.held ?? {};
    now.held = undefined;
    if (kind === undefined) return;
    if (kind !== "box") {
      if (String(before) !== String(now.areas[now.chosen].corners)) tell();
      return;
    }
    const [left, top, right, bottom] = now.draft.length ? bounds(now.draft) : [0, 0, 0, 0];
    if (right - left < 2 || bottom - top < 2) now.draft = [];
    else add(now.draft);
    draw();
  }

  // the corners of an area that is held at a corner or as a whole
  function changed({ kind, from, before }, point) {
    if (kind === "move") {
      const [left, top, right, bottom] = bounds(before);
      const across = clamp(point[0] - from[0], -left, data.width - right);
      const down = clamp(point[1] - from[1], -top, data.height - bottom);
      return before.map(([x, y]) => [Math.round(x + across), Math.round(y + down)]);
    }
    const opposite = before[(kind + 2) % 4];
    if (!isBox(before)) return before.map((old, index) => (index === kind ? point : old));
    return point.some((value, axis) => value === opposite[axis])
      ? now.areas[now.chosen].corners
      : before.map(([x, y]) => [
          x === opposite[0] ? x : point[0],
          y === opposite[1] ? y : point[1],
        ]);
  }

  function corner(point) {
    const [first] = now.draft;
    const reach = REACH_PX * unit();
    const closes = first && Math.hypot(point[0] - first[0], point[1] - first[1]) < reach;
    if (closes && now.draft.length > 2) return finish();
    if (!closes) now.draft.push(point);
    now.tip = point;
    draw();
  }

  function finish() {
    if (now.draft.length > 2) add(now.draft);
  }

  function add(corners) {
    const names = new Set(now.areas.map(({ name }) => name));
    let number = now.areas.length + 1;
    while (names.has(`Area ${number}`)) number += 1;
    now.areas.push({ name: `Area ${number}`, corners });
    Object.assign(now, { chosen: now.areas.length - 1, tool: "", draft: [] });
    tell();
  }

  function tell() {
    now.turn += 1;
    for (const area of now.areas) Object.assign(area, { share: "…", bar: 0, more: "" });
    const areas = now.areas.map(({ name, corners }) => ({ name, corners }));
    setTriggerValue("areas", { turn: now.turn, areas });
    draw();
    list();
  }

  function typed() {
    const fields = [...parentElement.querySelectorAll("[data-edge]")];
    const edges = fields.map((field, place) =>
      clamp(Math.round(Number(field.value)), 0, place % 2 ? data.height : data.width),
    );
    const area = now.areas[now.chosen];
    if (edges[2] > edges[0] && edges[3] > edges[1]) {
      area.corners = fitted(area.corners, edges);
      tell();
    } else list();
  }

  function draw() {
    editor.classList.toggle("drawing", Boolean(now.tool));
    for (const button of parentElement.querySelectorAll("[aria-pressed][data-tool]")) {
      button.setAttribute("aria-pressed", String(button.dataset.tool === now.tool));
    }
    find("[data-tool=finish]").hidden = now.tool !== "polygon" || now.draft.length < 3;
    find(".hint").textContent = now.tool || now.areas.length ? HINTS[now.tool] : "";
    const size = unit();
    svg.replaceChildren(
      ...now.areas.map(({ corners }, index) =>
        part("polygon", { class: index === now.chosen ? "area on" : "area", points: corners.join(" ") }, { index }),
      ),
      ...now.areas.flatMap(({ corners: [[x, y]] }, index) => {
        const [cx, cy] = [clamp(x, 12 * size, data.width - 12 * size), clamp(y, 12 * size, data.height - 12 * size)];
        const label = part("text", { x: cx, y: cy, "font-size": 12 * size });
        label.textContent = index + 1;
        return [part("circle", { class: "number", cx, cy, r: 10 * size }), label];
      }),
      ...(now.areas[now.chosen]?.corners ?? []).map(([cx, cy], corner) =>
        part("circle", { class: "handle", cx, cy, r: (matchMedia("(pointer: coarse)").matches ? 11 : 6) * size }, { index: now.chosen, corner }),
      ),
      ...(now.draft.length ? [part("polyline", { class: "draft", points: [...now.draft, now.tool === "box" ? now.draft[0] : now.tip].join(" ") })] : []),
    );
  }

  function list() {
    find(".areas").replaceChildren(...now.areas.map(line));
    const area = now.areas[now.chosen];
    find(".edges").hidden = !area;
    if (!area) return;
    find("legend").textContent = `${area.name}, in pixels`;
    const edges = bounds(area.corners);
    for (const field of parentElement.querySelectorAll("[data-edge]")) {
      field.value = Math.round(edges[field.dataset.edge]);
    }
  }

  function line(area, index) {
    const item = document.createElement("li");
    item.classList.toggle("on", index === now.chosen);
    item.innerHTML =
      '<button type="button" class="pick"></button><input type="text" maxlength="80">' +
      '<span class="share"></span><button type="button" class="remove">×</button>' +
      '<span class="bar"><i></i></span><span class="more"></span>';
    const [pick, name, share, remove, bar, more] = item.children;
    pick.textContent = index + 1;
    pick.setAttribute("aria-label", `Choose ${area.name}`);
    pick.setAttribute("aria-pressed", String(index === now.chosen));
    pick.onclick = () => {
      now.chosen = now.chosen === index ? -1 : index;
      draw();
      list();
      find(`li:nth-child(${index + 1}) .pick`).focus();
    };
    name.value = area.name;
    name.setAttribute("aria-label", `Name of area ${index + 1}`);
    name.onchange = () => {
      const taken = now.areas.some((other) => other !== area && other.name === name.value.trim());
      if (name.value.trim() && !taken) area.name = name.value.trim();
      tell();
    };
    share.textContent = area.share ?? "";
    remove.setAttribute("aria-label", `Remove ${area.name}`);
    remove.onclick = () => {
      now.areas.splice(index, 1);
      now.chosen = -1;
      tell();
    };
    bar.firstChild.style.width = `${area.bar ?? 0}%`;
    more.textContent = area.more ?? "";
    return item;
  }

  function part(kind, attributes, facts = {}) {
    const element = document.createElementNS(SVG, kind);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    Object.assign(element.dataset, facts);
    return element;
  }

  // pixels of the picture in one pixel of the screen
  function unit() {
    return data.width / (svg.getBoundingClientRect().width || data.width);
  }

  function at({ clientX, clientY }) {
    const { left, top, width, height } = svg.getBoundingClientRect();
    return [
      clamp(Math.round(((clientX - left) / width) * data.width), 0, data.width),
      clamp(Math.round(((clientY - top) / height) * data.height), 0, data.height),
    ];
  }
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

function bounds(corners) {
  const [x, y] = [0, 1].map((axis) => corners.map((corner) => corner[axis]));
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

function rectangle(from, to) {
  const [left, top, right, bottom] = bounds([from, to]).map(Math.round);
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

function isBox(corners) {
  const [left, top, right, bottom] = bounds(corners);
  return corners.length === 4 && corners.every(([x, y], index) => {
    const [beforeX, beforeY] = corners[(index + 3) % 4];
    return (x === left || x === right) && (y === top || y === bottom) && (x === beforeX) !== (y === beforeY);
  });
}

// the same shape between other edges
function fitted(corners, [left, top, right, bottom]) {
  const [oldLeft, oldTop, oldRight, oldBottom] = bounds(corners);
  return corners.map(([x, y]) => [
    Math.round(left + ((x - oldLeft) * (right - left)) / (oldRight - oldLeft)),
    Math.round(top + ((y - oldTop) * (bottom - top)) / (oldBottom - oldTop)),
  ]);
}
