// What is filed (corrections, letters, objections) on its way: the photograph first, then what names it.
//
// The number is made here and the server files it once (etpp/phone/filing.py), and a file that it has is one however
// often it is brought: whatever is killed in between, sending again is right.
import * as net from "./net.js";
import * as store from "./store.js";
import { t } from "./texts.js";

export const MOST = 30;
export const MOST_PAPERS = 10;
export const MOST_BYTES = 3 * 1024 * 1024; // of one photograph, as the server takes it
const SENT_TO = { correction: "/phone/api/corrections", letter: "/phone/api/letters", objection: "/phone/api/objections" };
const FOR_THE_PERSON = new Set([400, 404, 409, 413, 422]); // asking again would be answered the same
const BUSY_MS = 60000;
const LONGEST_MS = 86400000;

// Why one more cannot be kept on this phone, as a text's key; undefined where it can.
export function noRoom(held, next) {
  const others = held.filter((each) => each.kind && each.entry_id !== next.entry_id);
  if (others.length >= MOST) return "file.many";
  if (next.paper && others.filter((each) => each.paper).length >= MOST_PAPERS) return "file.many_papers";
  return undefined;
}

// A server that was asked too much says when to come again; a clock that jumps must not make that for ever.
export const isDue = (filing) => !filing.until || filing.until <= Date.now() || filing.until > Date.now() + LONGEST_MS;

// Raises as net does where it waits on; everything else is settled when this is done.
export async function send(filing) {
  try {
    const body = { ...filing.body, filing_id: filing.entry_id };
    if (filing.paper) body.document_sha256 = filing.document_sha256 ?? (await bring(filing));
    await net.tell(SENT_TO[filing.kind], body);
    await settle(filing, () => undefined);
  } catch (error) {
    if (error instanceof net.Refused && FOR_THE_PERSON.has(error.status)) {
      const outcome = error.problem.key === "filing_other" ? "conflict" : "refused";
      await settle(filing, (held) => ({ ...held, state: "asked", outcome, why: why(error) }));
      return;
    }
    if (error instanceof net.Offline && error.status) {
      const wait = Math.min((error.after ?? 0) * 1000 || BUSY_MS, LONGEST_MS);
      await settle(filing, (held) => ({ ...held, until: Date.now() + wait }));
    }
    throw error;
  }
}

// Said of the file as soon as the server has it, so that it is not sent a second time.
async function bring(filing) {
  const { sha256 } = await net.bring("/phone/api/documents", filing.paper);
  await settle(filing, (held) => ({ ...held, document_sha256: sha256 }));
  return sha256;
}

// What was changed here while it was on its way stays, to be sent as it is now.
const settle = (sent, next) => store.change("outbox", sent.entry_id, (held) => (held?.edit === sent.edit ? next(held) : held));

function why(error) {
  if (error.status === 413) return t("file.photo_large");
  return error.status === 400 || error.status === 422 ? t("file.unreadable") : error.message;
}
