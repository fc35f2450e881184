// The server's time: whoever's phone is set wrong still enters on the right day. A chosen date stays as it was chosen.
import * as store from "./store.js";

const WRONG_MS = 5 * 60 * 1000;
let ahead = 0;

export async function load() {
  ahead = (await store.get("settings", "ahead")) ?? 0;
}

// Of every answer: by how much the server is ahead of the phone.
export async function learn(answer) {
  const said = Date.parse(answer.headers.get("Presensi-Time") ?? "");
  if (Number.isNaN(said)) return;
  const found = said - Date.now();
  if (Math.abs(found - ahead) > 1000) await store.put("settings", found, "ahead");
  ahead = found;
}

export const now = () => new Date(Date.now() + ahead);
export const isWrong = () => Math.abs(ahead) > WRONG_MS;
export const minutes = () => Math.round(Math.abs(ahead) / 60000);
export const today = (zone) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(now());

// The moment at which a clock in that zone shows this date and time.
export function moment(date, time, zone) {
  const wanted = Date.parse(`${date}T${time}:00Z`);
  const shown = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  const off = Date.parse(`${shown.format(new Date(wanted)).replace(" ", "T")}Z`) - wanted;
  return new Date(wanted - off).toISOString();
}
