// The camera with a heatmap over it. One picture at a time is on its way to the server, and the
// next one is taken when the answer to it has come: what nobody has time for is never taken.
// data: { side, colors: base64 of 256 RGBA, answer: null or { id, and one of:
//   width, height, levels: base64, areas: [{ box: [left, top, right, bottom] in percent, share }],
//   blank; late; problem } }
// Triggers: "frame": { id, jpeg }, "keep": { jpeg }, both base64.
const LOST_MS = 20000; // after which an answer is no longer waited for
const SILENT_MS = 3000; // after which it is said that one is waited for
const HOLD_MS = 2000; // in which a page that somebody has gone to begins to be drawn
const LEAVING = ["pointerdown", "pointerup", "keydown", "popstate"]; // anywhere else on the page
const RATE_MS = 5000; // the time over which the rate is counted
const FADE_MS = 120; // in which the heatmap goes most of the way to the next one
const PROBLEMS = {
  insecure:
    "Browsers lend their camera only to pages that come over https or from the same computer. Open "
    + "this page with https://, or upload a photo on Analyse.",
  NotAllowedError:
    "The camera was refused. Allow it for this page beside the browser's address (and, if the app is "
    + "part of another page, open it in a tab of its own), then start it again.",
  NotFoundError: "No camera was found. Connect one and start it, or upload a photo on Analyse.",
  NotReadableError:
    "The camera can't be opened: another program may be using it. Close that, then start it again.",
  ended: "The camera has gone. Connect it and allow it, then start it again.",
};
let lastId = 0;

export default function ({ data: [data], parentElement, setTriggerValue }) {
  const camera = (parentElement.camera ??= new Camera(parentElement));
  camera.update(data, setTriggerValue);
  return () => camera.stop();
}

class Camera {
  constructor(root) {
    this.find = (selector) => root.querySelector(selector);
    this.video = this.find("video");
    this.canvas = this.find("canvas");
    this.frame = document.createElement("canvas");
    this.attempt = 0;
    this.hold = (event) => {
      if (!event.composedPath().includes(root)) this.heldUntil = performance.now() + HOLD_MS;
    };
    this.find(".power").onclick = () => (this.stream ? this.stop() : this.start());
    this.find(".keep").onclick = () => this.send("keep", { jpeg: this.take(Infinity, 0.92) });
    this.find("select").onchange = ({ target }) => this.start(target.value);
    this.find(".areas input").onchange = () => this.mark();
    const opacity = this.find(".opacity input");
    opacity.oninput = () => this.canvas.style.setProperty("--opacity", opacity.value / 100);
    this.video.onresize = () => {
      const { videoWidth, videoHeight } = this.video;
      this.find(".stage").style.setProperty("--ratio", videoWidth / videoHeight);
    };
  }

  update(data, send) {
    this.side = data.side;
    this.send = send;
    if (this.colorsText !== data.colors) {
      this.colorsText = data.colors;
      this.colors = bytes(data.colors);
      this.paint();
    }
    if (data.answer && data.answer.id === this.waiting?.id) this.answered(data.answer);
  }

  async start(device) {
    this.stop();
    const attempt = ++this.attempt;
    if (!navigator.mediaDevices?.getUserMedia) return this.fail(PROBLEMS.insecure);
    this.find(".power").disabled = true;
    this.tell("Waiting for the camera…");
    let stream;
    try {
      const which = device ? { deviceId: { exact: device } } : { facingMode: "environment" };
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false, video: { ...which, width: { ideal: 1280 }, height: { ideal: 960 } },
      });
    } catch (error) {
      const other = `The camera can't be used: ${error.message || error.name}.`;
      if (attempt === this.attempt) this.fail(PROBLEMS[error.name] ?? other);
      return;
    }
    if (attempt !== this.attempt) return release(stream); // left or stopped meanwhile
    this.stream = stream;
    stream.getVideoTracks()[0].onended = () => this.fail(PROBLEMS.ended);
    this.video.srcObject = stream;
    await this.video.play().catch(() => {});
    if (attempt !== this.attempt) return;
    this.times = [];
    this.heldUntil = 0;
    for (const name of LEAVING) window.addEventListener(name, this.hold, true);
    this.show(true);
    this.tick(performance.now());
    this.list(stream.getVideoTracks()[0].getSettings().deviceId);
  }

  stop() {
    this.attempt += 1;
    release(this.stream);
    cancelAnimationFrame(this.next);
    for (const name of LEAVING) window.removeEventListener(name, this.hold, true);
    this.stream = this.waiting = this.target = this.shown = undefined;
    this.video.srcObject = null;
    this.areas = [];
    this.mark();
    this.show(false);
  }

  fail(text) {
    this.stop();
    this.find(".problem").textContent = text;
    this.find(".problem").hidden = false;
  }

  show(on) {
    this.find(".camera").classList.toggle("on", on);
    this.find(".power").disabled = false;
    this.find(".power").textContent = on ? "Stop the camera" : "Start the camera";
    this.find(".keep").disabled = !on;
    this.find(".problem").hidden = true;
    this.tell("");
  }

  async list(chosen) {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const cameras = devices.filter(({ kind }) => kind === "videoinput");
    this.find(".which").hidden = cameras.length < 2;
    this.find("select").replaceChildren(...cameras.map(({ deviceId, label }, index) =>
      new Option(label || `Camera ${index + 1}`, deviceId, false, deviceId === chosen)));
  }

  tick(now) {
    this.next = requestAnimationFrame((then) => this.tick(then)); // none while the tab is hidden
    if (!this.video.videoWidth) return;
    // none is sent while another page may be on its way: Streamlit would leave that one blank
    const isLost = this.waiting && now - this.waiting.since > LOST_MS;
    if (isLost || (!this.waiting && now > this.heldUntil && isAtRest())) {
      this.waiting = { id: ++lastId, since: performance.now() };
      this.send("frame", { id: lastId, jpeg: this.take(this.side, 0.8) });
    }
    this.approach(now);
    this.report(now);
  }

  // The present picture as a JPEG whose long side is at most so long, in base64.
  take(side, quality) {
    const { videoWidth, videoHeight } = this.video;
    const scale = Math.min(1, side / Math.max(videoWidth, videoHeight));
    this.frame.width = Math.round(videoWidth * scale);
    this.frame.height = Math.round(videoHeight * scale);
    this.frame.getContext("2d").drawImage(this.video, 0, 0, this.frame.width, this.frame.height);
    return this.frame.toDataURL("image/jpeg", quality).split(",", 2)[1];
  }

  answered(answer) {
    if (answer.problem) return this.fail(answer.problem);
    this.late = answer.late;
    if (!answer.late) {
      const now = performance.now();
      this.times.push({ at: now, delay: now - this.waiting.since });
      this.areas = answer.areas;
      this.blank = answer.blank;
      this.target = bytes(answer.levels);
      if (this.shown?.length !== this.target.length || this.canvas.width !== answer.width) {
        this.canvas.width = answer.width;
        this.canvas.height = answer.height;
        this.shown = Float32Array.from(this.target);
        this.paint();
      }
      this.mark();
    }
    this.waiting = undefined;
  }

  // Go on from the heatmap that is shown to the last one that came.
  approach(now) {
    const step = matchMedia("(prefers-reduced-motion: reduce)").matches
      ? 1 : 1 - Math.exp((this.before - now) / FADE_MS);
    this.before = now;
    if (!this.target) return;
    let change = 0;
    for (let i = 0; i < this.target.length; i += 1) {
      const difference = this.target[i] - this.shown[i];
      this.shown[i] += difference * step;
      change = Math.max(change, Math.abs(difference));
    }
    if (change > 0.5) this.paint();
  }

  paint() {
    if (!this.shown) return;
    const pixels = new ImageData(this.canvas.width, this.canvas.height);
    const words = new Uint32Array(pixels.data.buffer);
    const colors = new Uint32Array(this.colors.buffer);
    for (let i = 0; i < words.length; i += 1) words[i] = colors[Math.round(this.shown[i])];
    this.canvas.getContext("2d").putImageData(pixels, 0, 0);
  }

  mark() {
    const wanted = this.find(".areas input").checked ? this.areas ?? [] : [];
    this.find(".boxes").replaceChildren(...wanted.map(({ box: [left, top, right, bottom], share }) => {
      const frame = document.createElement("div");
      frame.className = "box";
      Object.assign(frame.style, {
        left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%`,
      });
      frame.appendChild(document.createElement("span")).textContent = share;
      return frame;
    }));
  }

  report(now) {
    this.times = this.times.filter(({ at }) => now - at < RATE_MS);
    const silence = this.waiting ? now - this.waiting.since : 0;
    if (silence > SILENT_MS) {
      this.tell(`Waiting for the server for ${Math.round(silence / 1000)} s…`);
    } else if (this.late && !this.times.length) {
      this.tell("The server is busy: waiting for a turn…");
    } else if (this.times.length > 1) {
      const delay = this.times.reduce((sum, time) => sum + time.delay, 0) / this.times.length;
      const rate = (1000 * (this.times.length - 1)) / (this.times.at(-1).at - this.times[0].at);
      const blank = this.blank ? " The camera sees hardly anything: is its lens covered?" : "";
      this.tell(`${rate.toFixed(1)} heatmaps a second, each ${(delay / 1000).toFixed(1)} s behind `
        + `the picture.${blank}`);
    }
  }

  tell(text) {
    const rate = this.find(".rate");
    if (rate.textContent !== text) rate.textContent = text;
  }
}

// Whether the server draws nothing for this visitor now.
function isAtRest() {
  const state = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState;
  return state === undefined || state === "notRunning";
}

function release(stream) {
  for (const track of stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
}

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
