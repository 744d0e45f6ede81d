# shellcheck shell=bash
# Sourced by the scripts beside it and by .ci/run: where the tools are, and how
# the scripts speak. Works with the bash 3.2 of macOS.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Built once and shared by every checkout of this user.
tools=${DIANDAN_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/diandan/tools}

# The pinned tools win over whatever the machine has; on Linux that includes Node.
export PATH="$root/node_modules/.bin:$tools/bin:$PATH"

# worker-build would otherwise download these three from the web.
export WASM_BINDGEN_BIN=wasm-bindgen
export WASM_OPT_BIN="$root/node_modules/.bin/wasm-opt"
export ESBUILD_BIN="$root/node_modules/.bin/esbuild"

# A request whose client has gone away is finished, not leaked.
export RUN_TO_COMPLETION=1

# Nothing below needs the network once it is set up.
export WRANGLER_SEND_METRICS=false
export WRANGLER_HIDE_BANNER=true
export CLOUDFLARE_CF_FETCH_ENABLED=false

say() { printf '==> %s\n' "$*"; }

die() {
  printf '\n%s\n' "$*" >&2
  exit 1
}

# build_worker <cargo profile> <folder> <options of worker-build…>
build_worker() {
  local profile=$1 out=$2
  shift 2
  # cargo knows whether anything changed; what follows it takes seconds and doesn't.
  bring_viewer
  bring_scanner
  bring_ranking
  cargo build --lib --target wasm32-unknown-unknown --profile "$profile"
  if [ "$out/index.js" -nt "${CARGO_TARGET_DIR:-target}/wasm32-unknown-unknown/$profile/diandan.wasm" ]; then
    return
  fi
  worker-build --out-dir "$out" "$@"
}

# The viewer of the API's reference is served beside the Worker.
bring_viewer() {
  local from=$root/node_modules/swagger-ui-dist name
  mkdir -p "$root/site/reference"
  for name in swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css LICENSE NOTICE; do
    cmp -s "$from/$name" "$root/site/reference/$name" || cp "$from/$name" "$root/site/reference/$name"
  done
}

# Reads QR codes from a camera where the browser cannot itself; loaded when it is asked for.
bring_scanner() {
  local from=$root/node_modules/qr to=$root/site/scan
  if cmp -s "$from/package.json" "$to/package.json"; then return; fi
  mkdir -p "$to"
  "$ESBUILD_BIN" "$from/decode.js" --bundle --minify --format=esm --log-level=warning --outfile="$to/decode.js"
  cp "$from/LICENSE" "$from/LICENSE-MIT" "$from/package.json" "$to/"
}

# Recomputes a contest's ranking in a visitor's browser. Always as it is deployed: small.
bring_ranking() {
  local from=$root/browser/ranking to=$root/site/ranking scratch=$root/build/ranking
  local compiled=${CARGO_TARGET_DIR:-$root/target}/wasm32-unknown-unknown/release/ranking.wasm
  cargo build --package ranking --target wasm32-unknown-unknown --release
  if [ "$to/ranking.wasm" -nt "$compiled" ] && [ "$to/recompute.mjs" -nt "$from/recompute.mjs" ]; then return; fi
  mkdir -p "$to" "$scratch"
  wasm-bindgen --target web --no-typescript --out-dir "$scratch" --out-name ranking "$compiled"
  cp "$from/recompute.mjs" "$scratch/"
  "$ESBUILD_BIN" "$scratch/recompute.mjs" --bundle --minify --format=esm --log-level=warning --outfile="$to/recompute.mjs"
  "$WASM_OPT_BIN" -Oz --strip-debug --strip-producers "$scratch/ranking_bg.wasm" -o "$to/ranking.wasm"
}

build_release() { build_worker release build --release; }
build_for_tests() { build_worker wasm-test build/test --profile wasm-test --no-opt; }

# at_least 1.95.0 1.91: whether the first version is the second or newer.
at_least() {
  local have_major have_minor want_major want_minor
  IFS=. read -r have_major have_minor _ <<<"$1"
  IFS=. read -r want_major want_minor _ <<<"$2"
  [ "$have_major" -gt "$want_major" ] ||
    { [ "$have_major" -eq "$want_major" ] && [ "${have_minor:-0}" -ge "${want_minor:-0}" ]; }
}

find_chrome() {
  local name
  for name in "${CHROME:-}" chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
    "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
    if [ -n "$name" ] && command -v "$name"; then return; fi
  done
  return 1
}
