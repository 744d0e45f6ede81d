"use strict";

// Scanning, keeping and sending check-ins. Each page works without it; with it, a check-in
// is written down on the phone before it is sent, and is sent until it has arrived.
(() => {
  const KEPT = "kept-attendance";
  const WHO = "attendance-who";
  const LAST = "attendance-last";
  const main = document.getElementById("main");
  const chinese = document.documentElement.lang.startsWith("zh");
  const words = (zh, en) => (chinese ? zh : en);
  const kindWords = { in: words("签到", "Check-in"), out: words("签退", "Check-out") };

  function read(key, otherwise) {
    try {
      return JSON.parse(localStorage.getItem(key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  }
  const write = (key, value) => localStorage.setItem(key, JSON.stringify(value));
  const kept = () => read(KEPT, []);
  const keep = (item) => write(KEPT, [...kept().filter(({ id }) => id !== item.id), item]);
  const drop = ({ id }) => write(KEPT, kept().filter((other) => other.id !== id));

  // What was done last at a shift, for pages that were kept before it was done.
  function remember(shift, kind) {
    const all = Object.entries(read(LAST, {})).filter(([known]) => known !== shift);
    write(LAST, Object.fromEntries([...all.slice(-19), [shift, kind]]));
  }

  function newId() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  const me = document.querySelector("[data-me]")?.dataset.me;
  if (me) write(WHO, me);

  function element(name, text, more) {
    return Object.assign(document.createElement(name), { textContent: text }, more);
  }

  // Sending.

  // "sent", "refused", "later", or "sign-in".
  async function send(item) {
    const { id, kind, code, step, happened_at, near } = item;
    const body = JSON.stringify({ id, kind, code, step, happened_at, near });
    const headers = { "content-type": "application/json", accept: "application/problem+json" };
    const target = `/api/v1/shifts/${item.shift}/attendance`;
    let response, answer;
    try {
      response = await fetch(target, { method: "POST", headers, body, signal: AbortSignal.timeout(20000) });
      answer = await response.json();
    } catch {
      return { outcome: "later" };
    }
    if (response.ok) {
      drop(item);
      remember(item.shift, kind);
      return { outcome: "sent", signup: answer.signup_id };
    }
    if (response.status === 401) return { outcome: "sign-in" };
    if (response.status === 429 || response.status >= 500) return { outcome: "later", why: answer.title };
    return { outcome: "refused", why: answer.detail ?? answer.title };
  }

  // Somebody else may have signed in on this phone since.
  async function whoIsHere() {
    const response = await fetch("/api/v1/me", { signal: AbortSignal.timeout(20000) });
    return response.ok ? (await response.json()).id : null;
  }

  let sending = false;
  async function sendAll() {
    const waiting = kept().filter(({ refused }) => !refused);
    if (sending || waiting.length === 0) return show();
    sending = true;
    let sent = 0;
    let state = "";
    try {
      const here = await whoIsHere();
      if (!here) state = "sign-in";
      for (const item of here ? waiting : []) {
        if (item.who && item.who !== here) {
          state = "other";
          continue;
        }
        const { outcome, why } = await send(item);
        if (outcome === "sent") sent++;
        else if (outcome === "refused") keep({ ...item, refused: why || "?" });
        else {
          state = outcome;
          break;
        }
      }
    } catch {
      state = "later";
    }
    sending = false;
    show(state, sent);
    if (sent > 0 && document.querySelector("form[data-in]")) location.reload();
  }

  // What is kept, on whatever page.
  function show(state, sent) {
    document.getElementById("kept")?.remove();
    const items = kept();
    if (items.length === 0 && !sent) return;
    const box = element("section", "", { id: "kept", className: items.length ? "say wait" : "say good" });
    box.setAttribute("role", "status");
    if (sent) box.append(element("p", words(`已上传 ${sent} 条签到。`, `${sent} sent.`)));
    const waiting = items.filter(({ refused }) => !refused);
    if (waiting.length > 0) {
      box.append(element("p", words("已保存在手机，联网后自动上传：", "Kept on this phone; sent once you are online:")));
      box.append(list(waiting));
      if (state === "sign-in") {
        const back = encodeURIComponent(location.pathname + location.search);
        box.append(element("p", words("登录已过期，登录后会自动上传。", "Your session has ended; it is sent once you sign in.")));
        box.append(element("a", words("去登录", "Sign in"), { className: "button", href: `/sign-in?back=${back}` }));
      } else {
        if (state === "other") box.append(element("p", words("有一条属于另一个账号，请用原来的手机号登录后上传。", "One belongs to another account: sign in with that phone number to send it.")));
        const button = element("button", words("立即上传", "Send now"), { type: "button", className: "quiet" });
        button.addEventListener("click", sendAll);
        box.append(button);
      }
    }
    for (const item of items.filter(({ refused }) => refused)) {
      box.append(element("p", words("没有被接受：", "Not taken: ") + item.refused), list([item]));
      const button = element("button", words("知道了", "All right"), { type: "button", className: "quiet" });
      button.addEventListener("click", () => (drop(item), show()));
      box.append(button);
    }
    main.prepend(box);
  }

  function list(items) {
    const ul = document.createElement("ul");
    for (const { kind, happened_at, title } of items) {
      const at = new Date(happened_at).toLocaleString(document.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
      ul.append(element("li", `${kindWords[kind]} ${at}${title ? " · " + title : ""}`, { className: "num" }));
    }
    return ul;
  }

  // Checking in from a form.

  const opened = new Date(performance.timeOrigin);

  async function near(form) {
    if (!form.querySelector("[data-near] input:checked")) return undefined;
    const place = await new Promise((found) => {
      const options = { timeout: 8000, maximumAge: 300000 };
      navigator.geolocation.getCurrentPosition(({ coords }) => found(coords), () => found(null), options);
    });
    return place ? `${place.latitude.toFixed(2)},${place.longitude.toFixed(2)}` : undefined;
  }

  function complain(form, why) {
    form.querySelector(".wrong")?.remove();
    if (!why) return;
    const wrong = element("p", why, { className: "wrong" });
    wrong.setAttribute("role", "alert");
    form.prepend(wrong);
  }

  async function checkIn(form, shift, kind, code, step, seen) {
    if (form.dataset.checking) return;
    form.dataset.checking = "1";
    form.setAttribute("aria-busy", "true");
    complain(form);
    const item = {
      id: newId(),
      shift,
      kind,
      code: code.replace(/\s/g, ""),
      ...(step && { step: Number(step) }),
      happened_at: seen.toISOString(),
      who: read(WHO, undefined),
      title: document.querySelector(".ticket h2")?.textContent,
    };
    keep(item);
    const where = await near(form);
    if (where) keep(Object.assign(item, { near: where }));
    const { outcome, signup, why } = await send(item);
    delete form.dataset.checking;
    form.removeAttribute("aria-busy");
    if (outcome === "sent") {
      const ticket = `/me/signups/${signup}`;
      if (location.pathname === ticket) location.reload();
      else location.assign(`${ticket}#attendance`);
      return;
    }
    if (outcome === "refused") {
      drop(item);
      complain(form, why);
      return;
    }
    remember(shift, kind);
    // On the ticket the other end follows; a scan is used up.
    if (form.dataset.in) turn(form, shift);
    else form.hidden = true;
    complain(form, why);
    show(outcome);
    main.querySelector("#kept").scrollIntoView({ block: "nearest" });
  }

  // The button says what comes after what was done here last.
  function turn(form, shift) {
    const last = read(LAST, {})[shift];
    const field = form.elements.namedItem("kind");
    if (last) {
      field.value = last === "in" ? "out" : "in";
      form.querySelector("button.wide").textContent = form.dataset[field.value];
    }
    const code = form.elements.namedItem("code");
    code.value = "";
  }

  for (const form of document.querySelectorAll("form[data-attendance]")) {
    const shift = form.dataset.attendance;
    const typed = form.elements.namedItem("code").type !== "hidden";
    const value = (name) => form.elements.namedItem(name)?.value;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      checkIn(form, shift, value("kind"), value("code"), value("step"), typed ? new Date() : opened);
    });
    if (form.dataset.in && kept().some((item) => item.shift === shift && !item.refused)) turn(form, shift);
    const camera = form.querySelector("[data-camera]");
    if (camera && navigator.mediaDevices?.getUserMedia) {
      camera.hidden = false;
      camera.querySelector("button").addEventListener("click", () => scan(form, shift, camera));
    }
  }
  if (navigator.geolocation) {
    for (const field of document.querySelectorAll("[data-near]")) field.hidden = false;
  }

  // The page that the service worker shows for a scanned code where there is no network.
  const offline = document.querySelector("form[data-kept]");
  const scanned = link(location.href);
  if (offline && scanned) {
    document.getElementById("no-code").hidden = true;
    offline.hidden = false;
    const [first, second] = offline.querySelectorAll("button");
    const last = read(LAST, {})[scanned.shift];
    (last === "in" ? first : second).classList.add("quiet");
    offline.addEventListener("submit", (event) => {
      event.preventDefault();
      event.stopPropagation();
      checkIn(offline, scanned.shift, event.submitter.value, scanned.code, scanned.step, opened);
    });
  }

  // Scanning with the camera.

  function link(text) {
    let url;
    try {
      url = new URL(text);
    } catch {
      return null;
    }
    const shift = url.pathname.match(/^\/check-in\/([0-9a-f-]{36})$/)?.[1];
    const [step, code] = ["step", "code"].map((name) => url.searchParams.get(name));
    return url.origin === location.origin && shift && /^\d{6}$/.test(code) ? { shift, step, code } : null;
  }

  async function decoder() {
    if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code")) {
      const detector = new BarcodeDetector({ formats: ["qr_code"] });
      return async (video) => (await detector.detect(video))[0]?.rawValue;
    }
    const { default: decode } = await import("/scan/decode.js");
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    return async (video) => {
      const scale = Math.min(1, 640 / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = video.videoWidth * scale;
      canvas.height = video.videoHeight * scale;
      context.drawImage(video, 0, 0, canvas.width, canvas.height);
      try {
        return decode(context.getImageData(0, 0, canvas.width, canvas.height));
      } catch {
        return undefined;
      }
    };
  }

  async function scan(form, shift, camera) {
    const video = camera.querySelector("video");
    const button = camera.querySelector("button");
    const wait = (ms) => new Promise((done) => setTimeout(done, ms));
    let stream;
    complain(form);
    button.disabled = true;
    try {
      const found = await decoder();
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      video.hidden = false;
      await video.play();
      const until = Date.now() + 60000;
      let text;
      while (!text && Date.now() < until && !document.hidden) {
        await wait(150);
        text = video.videoWidth ? await found(video) : undefined;
      }
      const code = text && link(text);
      if (code?.shift === shift) {
        await checkIn(form, shift, form.elements.namedItem("kind").value, code.code, code.step, new Date());
      } else if (code) {
        complain(form, words("这是另一个班次的签到码。", "This is the code of another shift."));
      } else if (text) {
        complain(form, words("这不是签到码。", "This is no check-in code."));
      }
    } catch {
      complain(form, words("打不开相机，请输入 6 位数字。", "The camera cannot be used; type the six digits."));
    } finally {
      for (const track of stream?.getTracks() ?? []) track.stop();
      video.srcObject = null;
      video.hidden = true;
      button.disabled = false;
    }
  }

  // The organizer's screen.

  function count(screen) {
    const until = performance.now() + screen.dataset.left * 1000;
    const number = screen.querySelector("[data-count]");
    const timer = setInterval(async () => {
      const left = Math.ceil((until - performance.now()) / 1000);
      number.textContent = Math.max(0, left);
      if (left > 0) return;
      clearInterval(timer);
      let next;
      try {
        const page = await (await fetch(location.href, { cache: "no-store" })).text();
        next = new DOMParser().parseFromString(page, "text/html").getElementById("code");
      } catch {
        // Without a network the old code stays for a moment; then it is asked for again.
      }
      if (next) screen.replaceWith(next);
      else screen.dataset.left = 3;
      count(next ?? screen);
    }, 250);
  }
  const screen = document.getElementById("code");
  if (screen?.dataset.left) {
    count(screen);
    const stayAwake = () => navigator.wakeLock?.request("screen").catch(() => {});
    stayAwake();
    document.addEventListener("visibilitychange", () => document.hidden || stayAwake());
  }

  // What a phone keeps is lost when its holder signs out: let them know first.
  document.addEventListener(
    "submit",
    (event) => {
      const leaves = new URL(event.target.action).pathname === "/sign-out";
      const warning = words("还有签到没有上传，退出后会丢失。仍然退出？", "Some check-ins have not been sent and would be lost. Sign out anyway?");
      if (leaves && kept().some(({ refused }) => !refused) && !confirm(warning)) {
        event.preventDefault();
        event.stopPropagation();
      }
    },
    true,
  );

  addEventListener("online", sendAll);
  setInterval(() => navigator.onLine && sendAll(), 60000);
  show();
  sendAll();
})();
