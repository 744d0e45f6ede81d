"use strict";

// Keeps the pages a volunteer needs where there is no network: the own tickets and the
// last notices read, and what checks people in. Everything comes from the network first.
const PAGES = "pages-1";
const KEPT = 40;
const OFFLINE = "/offline";
const CHECK_IN = "/check-in";
// What these two need; a new version of any of it is a new version of this file.
const ALWAYS = [OFFLINE, CHECK_IN, "{{style}}", "{{script}}", "{{attendance}}", "{{icon}}"];
// Whoever stands before a code waits no longer than this for a network that hardly is one.
const PATIENCE = 8000;

const worthKeeping = (path) => path.startsWith("/me/") || path.startsWith("/projects/");

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(PAGES).then((cache) => cache.addAll(ALWAYS)));
});

addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((n) => n !== PAGES).map((n) => caches.delete(n))))
      .then(() => clients.claim()),
  );
});

async function keep(request, response) {
  const cache = await caches.open(PAGES);
  await cache.put(request, response);
  const kept = await cache.keys();
  const oldest = kept.filter((r) => !ALWAYS.includes(new URL(r.url).pathname)).slice(0, Math.max(0, kept.length - KEPT));
  await Promise.all(oldest.map((r) => cache.delete(r)));
}

// Somebody else may hold the phone now.
async function forgetTickets() {
  const cache = await caches.open(PAGES);
  const own = (await cache.keys()).filter((r) => new URL(r.url).pathname.startsWith("/me/"));
  await Promise.all(own.map((r) => cache.delete(r)));
}

const inTime = (response) =>
  Promise.race([response, new Promise((_, give) => setTimeout(() => give(new Error("too slow")), PATIENCE))]);

async function answer(event) {
  const { request } = event;
  const path = new URL(request.url).pathname;
  try {
    const scanned = request.mode === "navigate" && path.startsWith(CHECK_IN + "/");
    const response = await (scanned ? inTime(fetch(request)) : fetch(request));
    if (request.mode === "navigate" && response.ok && !response.redirected && worthKeeping(path)) {
      event.waitUntil(keep(request, response.clone()));
    } else if (request.mode === "navigate" && path.startsWith("/me/") && response.status < 500) {
      event.waitUntil(forgetTickets());
    }
    if (/^\/(assets|scan)\//.test(path) && response.ok) event.waitUntil(keep(request, response.clone()));
    return response;
  } catch (error) {
    const cache = await caches.open(PAGES);
    const kept = await cache.match(request, { ignoreVary: true });
    if (kept) return kept;
    if (request.mode === "navigate") {
      const instead = path.startsWith(CHECK_IN + "/") ? CHECK_IN : OFFLINE;
      return (await cache.match(instead, { ignoreVary: true })) || Response.error();
    }
    throw error;
  }
}

addEventListener("fetch", (event) => {
  const { request } = event;
  const own = new URL(request.url).origin === location.origin;
  if (own && request.method === "GET") event.respondWith(answer(event));
  if (own && request.method === "POST" && /^\/sign-(in|out)$/.test(new URL(request.url).pathname)) {
    event.waitUntil(forgetTickets());
  }
});
