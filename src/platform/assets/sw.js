"use strict";

// Keeps the pages a volunteer needs where there is no network: the own tickets and the
// last notices read. Everything comes from the network first.
const PAGES = "pages-1";
const KEPT = 40;
const OFFLINE = "/offline";

const worthKeeping = (path) => path.startsWith("/me/") || path.startsWith("/projects/");

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(caches.open(PAGES).then((cache) => cache.add(OFFLINE)));
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
  const oldest = kept.filter((r) => !r.url.endsWith(OFFLINE)).slice(0, Math.max(0, kept.length - KEPT));
  await Promise.all(oldest.map((r) => cache.delete(r)));
}

// Somebody else may hold the phone now.
async function forgetTickets() {
  const cache = await caches.open(PAGES);
  const own = (await cache.keys()).filter((r) => new URL(r.url).pathname.startsWith("/me/"));
  await Promise.all(own.map((r) => cache.delete(r)));
}

async function answer(event) {
  const { request } = event;
  const path = new URL(request.url).pathname;
  try {
    const response = await fetch(request);
    if (request.mode === "navigate" && response.ok && !response.redirected && worthKeeping(path)) {
      event.waitUntil(keep(request, response.clone()));
    } else if (request.mode === "navigate" && path.startsWith("/me/") && response.status < 500) {
      event.waitUntil(forgetTickets());
    }
    if (path.startsWith("/assets/") && response.ok) event.waitUntil(keep(request, response.clone()));
    return response;
  } catch (error) {
    const cache = await caches.open(PAGES);
    const kept = await cache.match(request, { ignoreVary: true });
    if (kept) return kept;
    if (request.mode === "navigate") return (await cache.match(OFFLINE)) || Response.error();
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
