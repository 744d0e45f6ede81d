// The module that browsers recompute rankings with, loaded where nothing is fetched:
// script/lib.sh builds it into site/ranking.

import { readFile } from "node:fs/promises";

export const folder = new URL("../site/ranking/", import.meta.url);

const overNetwork = globalThis.fetch;
globalThis.fetch = async (address, ...more) => {
  const url = new URL(address);
  if (url.protocol !== "file:") return overNetwork(address, ...more);
  return new Response(await readFile(url), { headers: { "content-type": "application/wasm" } });
};

export const { recompute } = await import(new URL("recompute.mjs", folder));
