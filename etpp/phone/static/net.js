// Asking the server. An answer that was had before is shown until a newer one is there; without a network it stays.
import * as clock from "./clock.js";
import * as store from "./store.js";
import { current } from "./texts.js";

const PATIENCE_MS = 30000;
// Nothing arrived, or the server cannot now (`status`) and says when to come again (`after`, seconds).
export class Offline extends Error {
  constructor(status, after) {
    super();
    this.status = status;
    this.after = after;
  }
}
export class LoggedOut extends Error {}
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail ?? String(status));
    this.status = status;
    this.problem = problem;
  }
}

let csrf = "";
let person = ""; // whose page this is, as long as it is open
let gone = () => {};
export const token = () => csrf;

// What is to be done when somebody else has logged in beside this page.
export function whenGone(act) {
  gone = act;
}

async function send(path, options) {
  let answer;
  try {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    answer = await fetch(path, { credentials: "same-origin", cache: "no-store", redirect: "error", signal: patience, ...options });
  } catch {
    throw new Offline();
  }
  await clock.learn(answer);
  if (answer.status === 401) {
    await store.put("settings", true, "locked"); // whoever logs in next may be somebody else
    throw new LoggedOut();
  }
  return answer;
}

const named = (path) => `${path}${path.includes("?") ? "&" : "?"}lang=${current()}`;

export async function kept(path) {
  if (await store.get("settings", "locked")) return undefined;
  const body = (await store.get("answers", named(path)))?.body;
  if (path === "/phone/api/today") person ||= body?.person_id ?? "";
  return body;
}

export async function ask(path) {
  const name = named(path);
  const before = await store.get("answers", name);
  const answer = await send(name, { headers: before ? { "If-None-Match": before.tag } : {} });
  let body = before?.body;
  if (answer.status !== 304) {
    body = await read(answer);
    await store.put("answers", { tag: answer.headers.get("ETag"), body }, name);
  }
  if (path === "/phone/api/today") await known(body, name);
  return body;
}

// Of another person than before nothing stays on the phone but what that person still has to send. A page that was
// opened by the one before sends nothing any more: what was typed there would be said by the other one.
async function known(today, name) {
  if ((await store.get("settings", "person")) !== today.person_id) {
    const mine = await store.get("answers", name);
    await store.clear("answers");
    await store.put("answers", mine, name);
    await store.put("settings", today.person_id, "person");
  }
  await store.put("settings", false, "locked");
  if (person && person !== today.person_id) {
    csrf = "";
    gone();
    throw new LoggedOut();
  }
  person = today.person_id;
  csrf = today.csrf;
}

export async function tell(path, document) {
  return post(path.startsWith("/phone/") ? named(path) : path, JSON.stringify(document), "application/json");
}

export const bring = (path, file) => post(named(path), file, file.type);

async function post(path, body, type) {
  if (!csrf) await ask("/phone/api/today");
  const once = () => send(path, { method: "POST", body, headers: { "Content-Type": type, "X-CSRF-Token": csrf } });
  let answer = await once();
  if (answer.status === 403) {
    const before = csrf; // of a log-in before this one, perhaps
    await ask("/phone/api/today");
    if (csrf !== before) answer = await once();
  }
  return read(answer);
}

async function read(answer) {
  let body;
  try {
    body = await answer.json();
  } catch {
    throw new Offline(); // cut off, or some network's own page
  }
  if (!answer.ok) {
    if (answer.status >= 500 || answer.status === 429) throw new Offline(answer.status, Number(answer.headers.get("Retry-After")) || undefined);
    throw new Refused(answer.status, body);
  }
  return body;
}

export async function logOut() {
  if (!csrf) await ask("/phone/api/today");
  const body = new URLSearchParams({ csrf });
  await fetch("/console/logout", { method: "POST", body, credentials: "same-origin", redirect: "manual" });
  csrf = "";
  await store.clear("answers");
  await store.put("settings", true, "locked");
}
