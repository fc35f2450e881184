// What is on its way: written down here first, sent when there is a network, taken out when the server has answered.
//
// An id is made here and the server counts it once, however often it is sent: so whatever is killed between sending
// and the answer, sending again is right. Of several tabs one sends at a time. What has a `kind` is filed (filings.js),
// everything else is an activity.
import * as filings from "./filings.js";
import * as net from "./net.js";
import * as store from "./store.js";

const BATCH = 50;
const AGAIN_MS = 20000;
const others = new BroadcastChannel("presensi");
const listeners = new Set();
let person = "";
let later;

export function watch(listener) {
  listeners.add(listener);
}

others.onmessage = (event) => listeners.forEach((each) => each(event.data));

// `what`: "kept" on this phone, "sent", so that the server has something new to say, or "out": of a log-out.
function changed(what = "kept") {
  listeners.forEach((each) => each(what));
  others.postMessage(what);
}

// The person has logged out here: this phone's other tabs are no more theirs either.
export function left() {
  others.postMessage("out");
}

export function belongsTo(personId) {
  person = personId;
}

export const mine = async () => (await store.all("outbox")).filter((each) => each.person_id === person).sort(byMade);
export const foreign = async () => (await store.all("outbox")).filter((each) => each.person_id !== person).length;
export const entries = async () => (await mine()).filter((each) => !each.kind);
const byMade = (a, b) => (a.made < b.made ? -1 : 1);

export async function add(entry) {
  const id = await keep(entry);
  flush();
  return id;
}

// Written down, and not yet sent: whoever calls sends it and waits for what comes of it.
export async function keep(entry) {
  const made = new Date().toISOString();
  const id = entry.entry_id ?? crypto.randomUUID();
  await store.put("outbox", { ...entry, entry_id: id, person_id: person, made: entry.made ?? made, edit: crypto.randomUUID(), state: "waiting", faults: [] });
  navigator.storage?.persist?.();
  changed();
  return id;
}

export async function drop(entryId) {
  await store.remove("outbox", entryId);
  changed();
}

// As it is, once more: whatever spoke against it may be over, and the server may have lost the file.
export async function again(filing) {
  await add({ ...filing, document_sha256: undefined, until: undefined });
}

// What the server has under this id is something else: this becomes one of its own.
export async function asNew(entry) {
  await store.remove("outbox", entry.entry_id);
  await add({ ...entry, entry_id: undefined });
}

export function flush() {
  clearTimeout(later);
  return navigator.locks.request("presensi-flush", sendAll).catch((error) => {
    if (error instanceof net.Offline) later = setTimeout(flush, AGAIN_MS);
    else if (!(error instanceof net.LoggedOut || error instanceof net.Refused)) throw error;
    changed(); // it waits on, and is shown
  });
}

// What one kind of them meets does not hold up the other, unless there is no network at all.
async function sendAll() {
  let failed;
  for (const send of [sendEntries, sendFilings]) {
    try {
      await send();
    } catch (error) {
      if (ends(error)) throw error;
      failed = error;
    }
  }
  if (failed) throw failed;
}

const ends = (error) => error instanceof net.LoggedOut || (error instanceof net.Offline && !error.status);

async function sendFilings() {
  const tried = new Set();
  let failed;
  for (;;) {
    const next = (await mine()).find((each) => each.kind && each.state === "waiting" && !tried.has(each.entry_id));
    if (!next) break;
    tried.add(next.entry_id);
    if (!filings.isDue(next)) continue;
    try {
      await filings.send(next);
      changed("sent");
    } catch (error) {
      if (ends(error)) throw error;
      failed = error;
    }
  }
  if (failed) throw failed;
}

async function sendEntries() {
  for (;;) {
    const batch = (await entries()).filter((each) => each.state === "waiting").slice(0, BATCH);
    if (batch.length === 0) return;
    const asked = { by: batch[0].person_id, entries: batch.map(wire), submit: true };
    let answers;
    try {
      answers = (await net.tell("/v1/admin/activities/entries", asked)).entries;
    } catch (error) {
      if (error.status !== 400) throw error;
      // One that cannot be read at all must not hold up the others: each goes alone, and the bad one is shown.
      answers = batch.length > 1 ? await oneByOne(batch) : [{ entry_id: batch[0].entry_id, outcome: "refused", faults: ["unreadable"] }];
    }
    const found = new Map(answers.map((each) => [each.entry_id, each]));
    for (const sent of batch) await settle(sent, found.get(sent.entry_id));
    changed("sent");
  }
}

async function oneByOne(batch) {
  const answers = [];
  for (const each of batch) {
    try {
      answers.push(...(await net.tell("/v1/admin/activities/entries", { by: each.person_id, entries: [wire(each)], submit: true })).entries);
    } catch (error) {
      if (error.status !== 400) throw error;
      answers.push({ entry_id: each.entry_id, outcome: "refused", faults: ["unreadable"] });
    }
  }
  return answers;
}

// What was changed here while it was on its way stays, to be sent as it is now.
async function settle(sent, answer) {
  await store.change("outbox", sent.entry_id, (held) => {
    if (held === undefined || held.edit !== sent.edit || answer === undefined) return held;
    if (answer.outcome === "done" || answer.outcome === "known") return undefined;
    return { ...held, state: "asked", outcome: answer.outcome, faults: answer.faults };
  });
}

const wire = ({ entry_id, date, item_id, quantity, note }) => ({ entry_id, date, item_id, quantity, note });
