// An organization's own program, over a client that was generated from the OpenAPI
// document alone: registers, publishes, reads a roster.

import { createClient, createConfig } from "generated/client";
import {
  decideOnOrganization,
  makeApiKey,
  putProject,
  readRoster,
  registerOrganization,
  signUp,
} from "generated";

const { SITE, OWNER, COORDINATOR, VOLUNTEER, DAY } = process.env as Record<string, string>;
const as = (token: string) => createClient(createConfig({ baseUrl: SITE, auth: token, throwOnError: true }));

const owner = as(OWNER);
const registered = await registerOrganization({
  client: owner,
  throwOnError: true,
  body: { name: "潭头村志愿服务队", kind: "volunteer_team", region: "360731" },
});
const org = registered.data.id;
await decideOnOrganization({
  client: as(COORDINATOR),
  throwOnError: true,
  path: { org },
  body: { decision: "verify" },
});
const made = await makeApiKey({
  client: owner,
  throwOnError: true,
  path: { org },
  body: { name: "our own system", scopes: ["projects:write", "signups:read"] },
});
const program = as(made.data.key);
const text = "上午两节课，每节一个实验，孩子们都能带回家。";
const project = await putProject({
  client: program,
  throwOnError: true,
  path: { org, client_ref: "winter-science" },
  body: {
    state: "published",
    title: "冬日山村科学课",
    field: "education",
    region: "360731",
    summary: text,
    content: text,
    place: "潭头村小学",
    conditions: text,
    how_to_sign_up: text,
    risks: text,
    safeguards: text,
    shifts: [
      {
        ref: "sat-am",
        role: "课堂助教",
        capacity: 2,
        starts_at: `${DAY}T08:30:00+08:00`,
        ends_at: `${DAY}T11:30:00+08:00`,
      },
    ],
  },
});
const shift = project.data.shifts[0].id;
await signUp({ client: as(VOLUNTEER), throwOnError: true, path: { id: shift }, body: { adult: true } });
const roster = await readRoster({ client: program, throwOnError: true, path: { id: shift } });
console.log(JSON.stringify(roster.data));
