// Recomputes a published ranking where it is read: the same code as on the server, loaded
// when it is first asked for. Pages that import this need 'wasm-unsafe-eval' in script-src.

import init, { recompute as run } from "./ranking.js";

let loading;

// recompute(text of a sheet) → text of its ranking, byte for byte the published one.
// Rejects with an Error whose message is JSON: {"code": "unreadable" | "faulty", …}.
export async function recompute(sheet) {
  loading ??= init({ module_or_path: new URL("ranking.wasm", import.meta.url) });
  await loading;
  return run(sheet);
}
