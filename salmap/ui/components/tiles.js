// Pictures of one size side by side; the spot that is pointed at in one is marked in all.
// data: { ratio, label, dots: [[x, y] in percent], items: [{ name, note, src, alt }] }
const SVG = "http://www.w3.org/2000/svg";

export default function ({ data, parentElement }) {
  const tiles = parentElement.querySelector(".tiles");
  tiles.setAttribute("aria-label", data.label);
  tiles.style.setProperty("--count", data.items.length);
  tiles.style.setProperty("--ratio", data.ratio);
  tiles.classList.toggle("four", data.items.length === 4);
  while (tiles.children.length > data.items.length) tiles.lastChild.remove();
  while (tiles.children.length < data.items.length) tiles.append(tile());
  for (const [index, item] of data.items.entries()) fill(tiles.children[index], item);
  tiles.onpointermove = (event) => point(event.target.closest(".stage"), event);
  tiles.onpointerleave = () => point(null);

  function tile() {
    const figure = document.createElement("figure");
    figure.innerHTML =
      '<div class="stage"><img draggable="false"><svg aria-hidden="true"></svg>' +
      '<div class="spot"></div></div><figcaption><b></b> <span></span></figcaption>';
    return figure;
  }

  function fill(figure, { name, note, src, alt }) {
    const image = figure.querySelector("img");
    image.alt = alt;
    if (image.src !== src) image.src = src;
    figure.querySelector("b").textContent = name;
    figure.querySelector("span").textContent = note;
    figure.querySelector("svg").replaceChildren(...data.dots.map(dot));
  }

  function dot([x, y]) {
    const circle = document.createElementNS(SVG, "circle");
    circle.setAttribute("cx", `${x}%`);
    circle.setAttribute("cy", `${y}%`);
    circle.setAttribute("r", "2.5");
    return circle;
  }

  function point(stage, event) {
    tiles.classList.toggle("pointed", Boolean(stage));
    if (!stage) return;
    const box = stage.getBoundingClientRect();
    tiles.style.setProperty("--x", (100 * (event.clientX - box.left)) / box.width);
    tiles.style.setProperty("--y", (100 * (event.clientY - box.top)) / box.height);
  }
}
