"use strict";

// Everything here is an extra: each page works without it.
const words = document.documentElement.dataset;
const notice = document.getElementById("notice");

function say(text) {
  notice.textContent = text || "";
  notice.hidden = !text;
}

// A second tap must not send a form twice; a slow network must not look like a dead one.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "1";
  form.setAttribute("aria-busy", "true");
  setTimeout(() => form.dataset.sending && say(words.slow), 3000);
  setTimeout(() => {
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
  }, 20000);
});

// Coming back with the back button shows the page as it was left: make it usable again.
addEventListener("pageshow", () => {
  say(navigator.onLine ? "" : words.offline);
  for (const form of document.forms) {
    delete form.dataset.sending;
    form.removeAttribute("aria-busy");
  }
});
addEventListener("offline", () => say(words.offline));
addEventListener("online", () => say(""));

// Filters apply as they are chosen; without scripts there is a button.
for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", ({ target }) => target.closest("details") || target.tagName !== "SELECT" || form.requestSubmit());
}

// How much is written, in characters as the server counts them.
for (const area of document.querySelectorAll("textarea[data-limit]")) {
  const told = document.getElementById(`${area.id}-count`);
  const count = () => {
    const written = [...area.value.trim().replaceAll("\r\n", "\n")].length;
    told.textContent = `${written} / ${area.dataset.limit}`;
    told.classList.toggle("wrong", written > Number(area.dataset.limit));
  };
  area.addEventListener("input", count);
  count();
}

if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js");

// Check-ins kept on this phone are sent from whatever page comes next.
if (localStorage.getItem("kept-attendance")?.length > 2 && !document.querySelector(`script[src="${words.attendance}"]`)) {
  document.head.append(Object.assign(document.createElement("script"), { src: words.attendance }));
}
