"use strict";

// Saving as one goes. What is typed is written down on the phone first, sent when there is a
// network, and dropped once it is in. Without this the form saves by its buttons.
(() => {
  const KEPT = "kept-ballots";
  const WAIT = 800;
  const chinese = document.documentElement.lang.startsWith("zh");
  const words = (zh, en) => (chinese ? zh : en);
  const form = document.querySelector("form[data-ballot]");
  const main = document.getElementById("main");
  const me = document.querySelector("[data-judge]")?.dataset.judge;

  function kept() {
    try {
      return JSON.parse(localStorage.getItem(KEPT)) ?? {};
    } catch {
      return {};
    }
  }
  function keep(target, item) {
    const all = kept();
    if (item) all[target] = item;
    else delete all[target];
    localStorage.setItem(KEPT, JSON.stringify(all));
  }

  function element(name, text, more) {
    return Object.assign(document.createElement(name), { textContent: text }, more);
  }

  // What the form says.
  function written() {
    const scores = {};
    for (const [name, value] of new FormData(form)) {
      if (name.startsWith("score_") && value !== "") scores[name.slice(6)] = Number(value);
    }
    const comment = form.elements.namedItem("comment").value.trim();
    return { scores, comment };
  }

  function fill({ scores, comment }) {
    for (const field of form.elements) {
      if (!field.name?.startsWith("score_")) continue;
      const score = scores[field.name.slice(6)];
      if (field.type === "radio") field.checked = Number(field.value) === score;
      else field.value = score ?? "";
    }
    form.elements.namedItem("comment").value = comment;
  }

  // "in", "later", "sign-in", "changed" or "refused".
  async function send(target, { scores, comment, hand_in, version }) {
    const headers = { "content-type": "application/json", accept: "application/problem+json" };
    if (version) headers["if-match"] = `"v${version}"`;
    else headers["if-none-match"] = "*";
    const body = JSON.stringify({ scores, ...(comment && { comment }), hand_in: Boolean(hand_in) });
    let response, answer;
    try {
      response = await fetch(target, { method: "PUT", headers, body, signal: AbortSignal.timeout(20000) });
      answer = await response.json();
    } catch {
      return { outcome: "later" };
    }
    if (response.ok) return { outcome: "in", ballot: answer };
    if (response.status === 401) return { outcome: "sign-in" };
    if (response.status === 429 || response.status >= 500) return { outcome: "later" };
    const why = answer.errors?.[0]?.detail ?? answer.detail ?? answer.title;
    if (response.status === 412) {
      const tag = response.headers.get("etag")?.match(/"v(\d+)"/)?.[1];
      return { outcome: "changed", why, version: Number(tag ?? 0) };
    }
    return { outcome: "refused", why };
  }

  function say(text, wrong) {
    const line = form?.querySelector("[data-saved]");
    if (!line) return;
    line.textContent = text;
    line.className = wrong ? "wrong" : "small";
  }

  function told({ outcome, ballot, why }) {
    const at = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
    if (outcome === "in" && ballot.state === "handed_in") say(words(`已交，截止前可以修改。保存于 ${at}`, `Handed in; it may be changed until the stage closes. Saved ${at}`));
    else if (outcome === "in") say(words(`已保存，尚未交：${at}`, `Saved, not handed in: ${at}`));
    else if (outcome === "later") say(words("已保存在手机，联网后自动上传。", "Kept on this phone; sent once you are online."));
    else if (outcome === "sign-in") say(words("已保存在手机，登录后自动上传。", "Kept on this phone; sent once you sign in."), true);
    else say(why, true);
  }

  // What is kept of an entry, sent. Another judge's, of another account, is left alone.
  async function once(target) {
    const item = kept()[target];
    if (!item) return { outcome: "in" };
    if (item.refused) return { outcome: "refused", why: item.refused };
    if (me && item.judge !== me) return { outcome: "later" };
    const result = await send(target, item);
    const { outcome, ballot, why, version } = result;
    const now = kept()[target];
    const more = now?.id !== item.id;
    if (outcome === "in") keep(target, more ? { ...now, version: ballot.version } : null);
    else if (outcome === "changed") keep(target, { ...now, refused: why, version, changed: true });
    else if (outcome === "refused") keep(target, { ...now, refused: why });
    if (form?.dataset.ballot === target) {
      if (outcome === "in") on(ballot);
      told(result);
    }
    return result;
  }

  // One after the other, so that each is written on what the one before came to.
  const sending = new Map();
  function post(target) {
    const before = sending.get(target) ?? Promise.resolve();
    const mine = before.then(() => once(target)).finally(show);
    sending.set(target, mine);
    return mine;
  }

  // What stands there from now on.
  function on({ version, state }) {
    form.dataset.version = version;
    form.dataset.state = state;
    form.elements.namedItem("version").value = version;
  }

  // What was changed elsewhere waits for a choice; what was refused is sent as it is now.
  function write(hand_in) {
    const target = form.dataset.ballot;
    const before = kept()[target];
    keep(target, {
      ...written(),
      id: `${Date.now()} ${Math.random()}`,
      hand_in: hand_in || Boolean(before?.hand_in && !before.refused),
      version: before?.version ?? Number(form.dataset.version),
      judge: form.dataset.judge,
      name: form.dataset.name,
      ...(before?.changed && { changed: true, refused: before.refused }),
    });
    return target;
  }

  async function sendAll() {
    for (const target of Object.keys(kept())) {
      const { outcome } = await post(target);
      if (outcome === "sign-in") break;
    }
  }

  // What is kept of other entries, and what was not taken, wherever a judge is.
  function show() {
    document.getElementById("kept")?.remove();
    const others = Object.entries(kept()).filter(([target, { refused }]) => refused || target !== form?.dataset.ballot);
    if (others.length === 0) return;
    const box = element("section", "", { id: "kept", className: "say wait" });
    box.setAttribute("role", "status");
    for (const [target, item] of others) {
      const line = element("p", `${item.name}${words("：", ": ")}${item.refused ?? words("已保存在手机，联网后自动上传。", "kept on this phone; sent once you are online.")}`);
      box.append(line);
      if (!item.refused) continue;
      const summary = Object.entries(item.scores).map(([key, score]) => `${key} ${score}`).join(words("，", ", "));
      box.append(element("p", words(`您写的（${summary}）还在手机里。`, `What you wrote (${summary}) is still on this phone.`), { className: "small" }));
      const actions = element("div", "", { className: "actions" });
      const again = element("button", words("以我写的为准，再存一次", "Save mine again"), { type: "button", className: "quiet" });
      again.addEventListener("click", () => {
        keep(target, { ...kept()[target], refused: undefined, changed: undefined });
        post(target);
      });
      const give = element("button", words("用已保存的", "Keep what is saved"), { type: "button", className: "quiet" });
      give.addEventListener("click", () => {
        keep(target, null);
        if (form?.dataset.ballot === target) location.reload();
        else show();
      });
      actions.append(again, give);
      box.append(actions);
    }
    main.prepend(box);
  }

  if (form && !form.querySelector("fieldset[disabled]")) {
    const target = form.dataset.ballot;
    const mine = kept()[target];
    if (mine && mine.judge === form.dataset.judge) fill(mine);
    let timer;
    const typed = () => {
      write(false);
      say(words("正在保存…", "Saving…"));
      clearTimeout(timer);
      timer = setTimeout(() => post(target), WAIT);
    };
    form.addEventListener("input", typed);
    form.addEventListener("submit", async (event) => {
      const act = event.submitter?.value;
      if (act === "undo") {
        clearTimeout(timer);
        keep(target, null);
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      clearTimeout(timer);
      if (form.dataset.sending) return;
      form.dataset.sending = "1";
      form.setAttribute("aria-busy", "true");
      write(act === "hand_in");
      const result = await post(target);
      delete form.dataset.sending;
      form.removeAttribute("aria-busy");
      const next = form.dataset.next ?? form.dataset.list;
      const there = result.outcome === "in" || (result.outcome === "later" && (await caches.match(next, { ignoreVary: true })));
      if (act === "hand_in" && there) location.assign(next);
    });
  }

  // The entries to come open without a network, too.
  async function bring() {
    if (!navigator.serviceWorker?.controller) return;
    const links = [...document.querySelectorAll("[data-open]")].map(({ href }) => href);
    const cache = await caches.open("pages-1");
    for (const link of [form?.dataset.next, ...links].filter(Boolean).slice(0, 10)) await cache.add(link);
  }
  bring().catch(() => {});

  addEventListener("online", sendAll);
  setInterval(() => navigator.onLine && sendAll(), 30000);
  sendAll();
})();
