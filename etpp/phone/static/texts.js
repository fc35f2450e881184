// Words in the person's language; dates and numbers as it says them. The catalogues are etpp/phone/locale.
import * as store from "./store.js";

export const LANGUAGES = { id: "Bahasa Indonesia", en: "English" };
let catalogue = {};
let language = "id";

export async function load() {
  language = (await store.get("settings", "language")) ?? (LANGUAGES[navigator.language.slice(0, 2)] ? navigator.language.slice(0, 2) : "id");
  catalogue = await (await fetch(`/phone/texts-${language}.json`)).json();
  document.documentElement.lang = language;
}

export async function choose(next) {
  await store.put("settings", next, "language");
  await load();
}

export const current = () => language;

export function t(key, values = {}) {
  const text = key.split(".").reduce((found, part) => found?.[part], catalogue) ?? key;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}

// A date such as 2026-11-24 is a day and no moment: it is read and said in UTC.
const day = (text) => new Date(`${text}T00:00:00Z`);
const said = (text, how) => new Intl.DateTimeFormat(language, { timeZone: "UTC", ...how }).format(day(text));
export const longDate = (text) => said(text, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const shortDate = (text) => said(text, { weekday: "short", day: "numeric", month: "short" });
export const weekday = (text) => said(text, { weekday: "short" });
export const number = (value) => new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(Number(value));
export const plus = (text, days) => new Date(day(text).getTime() + days * 86400000).toISOString().slice(0, 10);
export const monthName = (text) => said(`${text}-01`, { month: "long", year: "numeric" });
export const monthPlus = (text, months) => {
  const first = day(`${text}-01`);
  first.setUTCMonth(first.getUTCMonth() + months);
  return first.toISOString().slice(0, 7);
};
