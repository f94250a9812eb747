// What the whole app needs of its page: on a phone, the sidebar makes room for the page that was
// chosen in it. Shows nothing.
// data: { narrow: width in pixels below which the sidebar covers the page, style: CSS }
const STYLE = "salmap-style";

export default function ({ data }) {
  const style = document.getElementById(STYLE) ?? document.createElement("style");
  style.id = STYLE;
  style.textContent = data.style;
  document.head.append(style);

  const onClick = (event) => {
    if (window.innerWidth >= data.narrow) return;
    if (!event.target.closest?.('[data-testid="stSidebarNavLink"]')) return;
    document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  };
  document.addEventListener("click", onClick);
  return () => document.removeEventListener("click", onClick);
}
