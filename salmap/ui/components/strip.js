// A row of small pictures of which one is chosen.
// data: { label, chosen, items: [{ id, name, src }] }; trigger "pick": the id of one.
export default function ({ data, parentElement, setTriggerValue }) {
  const strip = parentElement.querySelector(".strip");
  strip.setAttribute("aria-label", data.label);
  const ids = data.items.map((item) => item.id).join();
  if (strip.dataset.ids !== ids) {
    strip.dataset.ids = ids;
    strip.replaceChildren(...data.items.map(thumbnail));
  }
  mark(data.chosen);
  strip.onclick = (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    mark(button.dataset.id);
    setTriggerValue("pick", button.dataset.id);
  };

  function mark(chosen) {
    for (const button of strip.children) {
      button.setAttribute("aria-pressed", String(button.dataset.id === chosen));
    }
  }

  function thumbnail({ id, name, src }) {
    const button = document.createElement("button");
    const image = document.createElement("img");
    button.type = "button";
    button.dataset.id = id;
    button.title = name;
    image.src = src;
    image.alt = name;
    button.append(image);
    return button;
  }
}
