// Recomputes a published ranking where it is read, with the very code of the server, and says
// whether it comes to the same.

const chinese = document.documentElement.lang.startsWith("zh");
const words = (zh, en) => (chinese ? zh : en);

async function text(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.text();
}

// Whether a text is the one that was approved; where the browser has no SHA-256 to ask
// (outside of a secure context), what was recomputed says enough.
async function fits(content, hash) {
  if (!globalThis.crypto?.subtle) return true;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(content));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex === hash;
}

async function compare({ sheet, ranking, sheetHash, rankingHash }) {
  const [{ recompute }, sheetText, published] = await Promise.all([
    import("/ranking/recompute.mjs"),
    text(sheet),
    text(ranking),
  ]);
  if (!(await fits(sheetText, sheetHash)) || !(await fits(published, rankingHash))) {
    return [false, words("不一致：下载到的评分表或排名与审定时的哈希值不符。", "Not the same: the files are not those that were approved.")];
  }
  const ballots = JSON.parse(sheetText).stages.reduce((sum, stage) => sum + stage.ballots.length, 0);
  if ((await recompute(sheetText)) !== published) {
    return [false, words("不一致：重算的结果与公布的排名不同。", "Not the same: what was recomputed differs from the published ranking.")];
  }
  return [
    true,
    words(
      `一致：用公布的 ${ballots} 份评分重新计算，结果与公布的排名逐字相同。`,
      `The same: ${ballots} published ballots come to the published ranking, to the last digit.`,
    ),
  ];
}

for (const place of document.querySelectorAll("[data-recompute]")) {
  const [button, status] = [place.querySelector("button"), place.querySelector("[role=status]")];
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    status.className = "say wait";
    status.textContent = words("正在计算…", "Computing…");
    try {
      const [same, said] = await compare(place.dataset);
      status.className = same ? "say good" : "say";
      status.textContent = said;
    } catch {
      status.className = "say";
      status.textContent = words("没能算成：请检查网络后再试。", "It could not be computed. Check your network and try again.");
    }
    button.disabled = false;
  });
}
