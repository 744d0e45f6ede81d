// A sheet of the size of a national final, invented: 1,202 entries in 10 tracks, 70 judges,
// 7 judges an entry; paper review (40 %, severity-adjusted), then roadshow (60 %, highest
// and lowest dropped) of the best 200. Whole numbers only, the same on every machine.
//
//   node script/national-sheet.mjs    prints the sheet of all tracks together

import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const ENTRIES = 1202, TRACKS = 10, JUDGES = 70, JUDGES_AN_ENTRY = 7, IN_THE_SHOW = 200;

const criteria = (weights) =>
  Object.entries(weights).map(([key, [weight, maximum]]) => ({ key, weight, minimum: 0, maximum }));

// The sheet of everything, or of one track (from 0) with seven judges of its own.
export function nationalSheet(track) {
  const random = mulberry32(2026);
  const entries = [], severities = [];
  for (let at = 0; at < ENTRIES; at++) entries.push({ name: name("E", 4, at + 1), quality: 40 + random(40), track: at % TRACKS });
  for (let at = 0; at < JUDGES; at++) severities.push(random(25) - 12);

  const rubric = { need: [250, 25], innovation: [200, 20], effect: [350, 35], growth: [200, 20] };
  const stage = (key, weight, method, advance, present, judgesOf) => ({
    key, weight, method, criteria: criteria(rubric), advance,
    ballots: present.flatMap((entry) =>
      judgesOf(entry).map((judge) => ({
        entry: entry.name,
        judge: name("J", 2, judge + 1),
        scores: Object.values(rubric).map(([, maximum]) => {
          const given = entry.quality + severities[judge] + random(17) - 8;
          return Math.max(0, Math.min(maximum, Math.floor((given * maximum + random(100)) / 100)));
        }),
      })),
    ),
  });

  const present = entries.filter((entry) => track === undefined || entry.track === track);
  const quota = Math.floor((IN_THE_SHOW * present.length) / ENTRIES);
  const ownJudges = (entry) => Array.from({ length: JUDGES_AN_ENTRY }, (_, at) => entry.track * JUDGES_AN_ENTRY + at);
  const drawn = () => shuffled(JUDGES, random).slice(0, JUDGES_AN_ENTRY);
  const judgesOf = track === undefined ? drawn : ownJudges;
  const paper = stage("paper", 400, { kind: "severity_adjusted" }, quota, present, judgesOf);
  const best = [...present].sort((a, b) => b.quality - a.quality || (a.name < b.name ? -1 : 1)).slice(0, quota);
  const show = stage("roadshow", 600, { kind: "trimmed_mean", highest: 1, lowest: 1 }, null, best, judgesOf);
  return {
    version: 1,
    stages: [paper, show],
    ties: [
      { rule: "stage", stage: "roadshow" },
      { rule: "criterion", stage: "roadshow", criterion: "effect" },
    ],
    boundaries: [0.1, 0.3, 0.6].map((share) => Math.ceil(share * quota)),
  };
}

const name = (letter, width, number) => letter + String(number).padStart(width, "0");

function shuffled(count, random) {
  const row = Array.from({ length: count }, (_, at) => at);
  for (let end = count - 1; end > 0; end--) {
    const other = random(end + 1);
    [row[end], row[other]] = [row[other], row[end]];
  }
  return row;
}

// Whole numbers below a bound, from a seed.
function mulberry32(seed) {
  return (bound) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

if (argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(nationalSheet()));
