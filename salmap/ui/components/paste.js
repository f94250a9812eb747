// Takes a picture that is pasted anywhere on the page. It has no looks of its own.
// data: { max_bytes }; trigger "picture": { name, base64 } or { name, too_large: true }.
export default function ({ data: [data], setTriggerValue }) {
  const onPaste = (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((f) => f.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    const name = file.name || "pasted.png";
    if (file.size > data.max_bytes) {
      setTriggerValue("picture", { name, too_large: true });
      return;
    }
    const reader = new FileReader();
    reader.onload = () =>
      setTriggerValue("picture", { name, base64: reader.result.split(",", 2)[1] });
    reader.readAsDataURL(file);
  };
  const page = document.documentElement;
  document.addEventListener("paste", onPaste);
  page.dataset.salmapPaste = "ready"; // for who wants to know, such as a test
  return () => {
    document.removeEventListener("paste", onPaste);
    delete page.dataset.salmapPaste;
  };
}
