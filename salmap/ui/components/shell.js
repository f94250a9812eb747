// What the whole app needs of its page: on a phone, the sidebar makes room for the page that was
// chosen in it. Shows nothing.
// data: { narrow: width in pixels below which the sidebar covers the page, style: CSS }
const STYLE = "salmap-style";
const TRIES = 6; // while the sidebar still opens, it does not take the click

export default function ({ data: [data] }) {
  const style = document.getElementById(STYLE) ?? document.createElement("style");
  style.id = STYLE;
  style.textContent = data.style;
  document.head.append(style);

  const onClick = (event) => {
    if (window.innerWidth >= data.narrow) return;
    if (!event.target.closest?.('[data-testid="stSidebarNavLink"]')) return;
    collapse(TRIES);
  };
  document.addEventListener("click", onClick);
  return () => document.removeEventListener("click", onClick);
}

function collapse(tries) {
  const sidebar = document.querySelector('[data-testid="stSidebar"]');
  if (!sidebar || sidebar.dataset.collapsed === "true" || !tries) return;
  document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
  setTimeout(() => collapse(tries - 1), 500);
}
