// A row of small pictures with their names, of which one is shown.
// data: { label, chosen, removable, items: [{ id, name, src }] };
// triggers "pick" and "remove": the id of one.
export default function ({ data: [data], parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".strip");
  strip.setAttribute("aria-label", data.label);
  const ids = data.items.map((item) => item.id).join();
  if (strip.dataset.ids !== ids) {
    strip.dataset.ids = ids;
    strip.replaceChildren(...data.items.map(thumbnail));
  }
  mark(data.chosen);
  strip.onclick = (event) => {
    const { id } = event.target.closest("li")?.dataset ?? {};
    if (event.target.closest(".pick")) {
      mark(id);
      setTriggerValue("pick", id);
    }
    if (event.target.closest(".remove")) setTriggerValue("remove", id);
  };

  function mark(chosen) {
    for (const item of strip.children) {
      const button = item.querySelector(".pick");
      const isChosen = item.dataset.id === chosen;
      if (isChosen && button.getAttribute("aria-pressed") === "false") {
        item.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
      button.setAttribute("aria-pressed", String(isChosen));
    }
  }

  function thumbnail({ id, name, src }) {
    const item = document.createElement("li");
    item.dataset.id = id;
    item.innerHTML =
      '<button type="button" class="pick"><span><img alt=""></span><b></b></button>';
    item.querySelector("img").src = src;
    item.querySelector("b").textContent = name;
    item.title = name;
    if (data.removable) {
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "remove";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `Remove ${name}`);
      item.append(remove);
    }
    return item;
  }
}
