// Tells the server which browser this is: a random number that the browser keeps. Shows nothing.
// state "id": 32 hexadecimal digits.
const KEY = "salmap_visitor";

export default function ({ setStateValue }) {
  setStateValue("id", known() ?? made());
}

function known() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is closed, as in some frames: the number lasts as long as the tab
  }
}

function made() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const id = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    localStorage.setItem(KEY, id);
  } catch {
    // see above
  }
  return id;
}
