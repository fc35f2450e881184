// The month as a calendar: each day's verdict in a letter and a colour, and why, when it is touched.
import * as clock from "./clock.js";
import { chip, h } from "./dom.js";
import * as net from "./net.js";
import { longDate, monthName, monthPlus, number, shortDate, t, weekday } from "./texts.js";

const WEEK = ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29"];

// Shows what is known, then what the server says; for the views of a month.
export async function ofMonth(asked, { app, paint }, title, draw) {
  const month = /^\d{4}-\d\d$/.test(asked ?? "") ? asked : clock.today(app.today?.zone ?? "Asia/Jakarta").slice(0, 7);
  const path = `/phone/api/months/${month}`;
  const last = clock.today(app.today?.zone ?? "Asia/Jakarta").slice(0, 7);
  const way = location.hash.replace(/^#\/?/, "").split(/[/?]/)[0];
  const head = h(
    "div.monthhead",
    h("a.button", { href: `#/${way}/${monthPlus(month, -1)}`, "aria-label": monthName(monthPlus(month, -1)) }, "‹"),
    h("h1", `${title} ${monthName(month)}`),
    month < last ? h("a.button", { href: `#/${way}/${monthPlus(month, 1)}`, "aria-label": monthName(monthPlus(month, 1)) }, "›") : h("span.button.none"),
  );
  const known = await net.kept(path);
  paint(head, known ? draw(known) : h("p.empty", t("loading")));
  try {
    const found = await net.ask(path);
    paint(head, draw(found));
  } catch (error) {
    if (error instanceof net.LoggedOut) return;
    if (!(error instanceof net.Offline || error instanceof net.Refused)) throw error;
    if (!known) paint(head, h("p.empty", t(error instanceof net.Offline ? "needs_network" : "month.none")));
  }
}

export function month(view) {
  return ofMonth(view.rest[0], view, t("title.month"), (found) => [found.gap ? h("p.card", t(`today.gap_${found.gap}`)) : calendar(found, view.rest[1]), filed(found)]);
}

function calendar(found, chosen) {
  const details = h("section.card", { id: "day", "aria-live": "polite" });
  const cells = found.days.map((day) => {
    const said = `${longDate(day.date)}: ${day.says}`;
    const cell = h(`button.day.${day.tone}`, { type: "button", "aria-label": said, "data-date": day.date }, h("span", Number(day.date.slice(8))), h("b", { "aria-hidden": "true" }, day.mark));
    cell.addEventListener("click", () => pick(day, cell));
    return cell;
  });
  const pick = (day, cell) => {
    cells.forEach((each) => each.removeAttribute("aria-pressed"));
    cell.setAttribute("aria-pressed", "true");
    details.replaceChildren(...oneDay(day, found));
  };
  const before = (new Date(`${found.days[0].date}T00:00:00Z`).getUTCDay() + 6) % 7;
  const blanks = Array.from({ length: before }, () => h("span"));
  const at = found.days.findIndex((day) => day.date === chosen);
  const today = found.days.findLastIndex((day) => day.arrival || day.status === "present");
  const first = at >= 0 ? at : Math.max(today, 0);
  pick(found.days[first], cells[first]);
  return [h("section.card.calendar", WEEK.map((each) => h("span.head", { "aria-hidden": "true" }, weekday(each))), blanks, cells), details];
}

function oneDay(day, found) {
  const entries = found.entries.filter((each) => each.date === day.date && each.verdict !== "withdrawn");
  const past = day.status !== "outside";
  return [
    h("h2", longDate(day.date)),
    h("p", chip(day.says, day.tone)),
    (day.arrival || day.departure) && h("p", t("month.times", { arrival: day.arrival ?? "–", departure: day.departure ?? "–" })),
    day.works && day.due && h("p.why", t("month.due", { from: day.due[0], to: day.due[1] })),
    day.why.map((each) => h("p.why", each)),
    Number(day.entered) > 0 && h("p.why", t("month.points", { entered: number(day.entered), recognised: number(day.recognised) })),
    entries.length > 0 && h("ul.list", entries.map((each) => h("li", h("b", each.name), h("small", `${number(each.quantity)} ${each.unit} · ${t(`verdict.${each.verdict}`)}`)))),
    past && h("div.row", h("a.button", { href: `#/file/correction?date=${day.date}` }, t("month.correct")), h("a.button", { href: `#/file/objection?about=day:${day.date}` }, t("month.object"))),
  ].flat().filter(Boolean);
}

function filed(found) {
  const corrections = found.corrections.map((each) => one(`${t(`part.${each.part}`)}, ${shortDate(each.date)}`, each.reason, t(`state.${each.state}`), each.state));
  const letters = found.letters.map((each) => one(t("month.letter", { number: each.number }), each.issuer, t(`state.${each.state}`), each.state, each.reason));
  const objections = found.objections.map((each) => {
    const [kind, what] = each.about.split(/:(.*)/s);
    const name = kind === "day" ? shortDate(what) : (found.pay?.lines.find((line) => line.key === what)?.name ?? what);
    return one(t("month.objection", { about: name }), each.reason, t(`state.${each.state}`), each.state, each.answer);
  });
  const all = [...corrections, ...letters, ...objections];
  return all.length ? h("section.card", { id: "filed" }, h("h2", t("month.filed")), h("ul.list", all)) : null;
}

const TONES = { approved: "good", upheld: "good", proposed: "doubt", submitted: "doubt", waiting: "doubt" };

function one(name, text, says, state, answer) {
  return h("li", h("b", name), h("small", text), chip(says, TONES[state] ?? "late"), answer && h("p.says", answer));
}
