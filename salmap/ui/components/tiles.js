// Pictures of one size side by side; the spot that is pointed at in one is marked in all.
// Tall pictures keep a useful width and are scrolled, all together.
// data: { ratio, label, dots: [[x, y] in percent], items: [{ name, note, src, alt }] }
const TALL = 0.62;
const SVG = "http://www.w3.org/2000/svg";

export default function ({ data: [data], parentElement }) {
  const tiles = parentElement.querySelector(".tiles");
  tiles.setAttribute("aria-label", data.label);
  tiles.style.setProperty("--count", data.items.length);
  tiles.style.setProperty("--ratio", data.ratio);
  tiles.classList.toggle("four", data.items.length === 4);
  while (tiles.children.length > data.items.length) tiles.lastChild.remove();
  while (tiles.children.length < data.items.length) tiles.append(tile());
  for (const [index, item] of data.items.entries()) fill(tiles.children[index], item);
  tiles.classList.toggle("tall", data.ratio < TALL);
  const frames = [...tiles.querySelectorAll(".frame")];
  for (const frame of frames) {
    frame.tabIndex = data.ratio < TALL ? 0 : -1;
    frame.onscroll = () => {
      for (const other of frames) if (other.scrollTop !== frame.scrollTop) other.scrollTop = frame.scrollTop;
    };
  }
  tiles.onpointermove = (event) => point(event.target.closest(".stage"), event);
  tiles.onpointerleave = () => point(null);

  function tile() {
    const figure = document.createElement("figure");
    figure.innerHTML =
      '<div class="frame"><div class="stage"><img draggable="false"><svg aria-hidden="true"></svg>' +
      '<div class="spot"></div></div></div><figcaption><b></b> <span></span></figcaption>';
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
