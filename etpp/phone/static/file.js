// What a person files: a correction of a day, a letter with a photograph of the paper, an objection. Each is written
// down on the phone before it is sent, and what was typed stays there until the server has taken it.
import * as clock from "./clock.js";
import { field, h, toast } from "./dom.js";
import { noRoom } from "./filings.js";
import * as net from "./net.js";
import * as outbox from "./outbox.js";
import { photograph, Unfit } from "./photo.js";
import { queue } from "./queue.js";
import * as store from "./store.js";
import { longDate, monthName, t } from "./texts.js";

const FORMS = { correction, letter, objection };

export async function file({ app, paint, rest, asked }) {
  if (!app.today) return paint(h("h1", t("title.file")), h("p.empty", t("needs_network")));
  const held = asked.get("edit") ? (await outbox.mine()).find((each) => each.entry_id === asked.get("edit") && each.kind === rest[0]) : undefined;
  const form = FORMS[rest[0]];
  if (form) return form(app, paint, asked, held);
  const link = (name) => h("li", h("a.choice", { href: `#/file/${name}` }, h("b", t(`file.${name}`)), h("small", t(`file.${name}_what`))));
  const waiting = (await outbox.mine()).filter((each) => each.kind);
  return paint(h("h1", t("title.file")), h("ul.list", Object.keys(FORMS).map(link)), queue(waiting, app));
}

// A form that is kept when its button is pressed, and then sent. `make`: what the server is told (`body`), what stands
// in the fields (`typed`), the photograph (`paper`). What the server refuses stays here as it is filled in, and in the
// list of what waits, for whoever goes away from here.
function sent(kind, parts, make, back, app, held) {
  const says = h("p.says", { role: "alert" }, held?.state === "asked" && t("file.refused", { why: held.why }));
  const doing = h("p.says", { role: "status" });
  const button = h("button.main", { type: "submit" }, t("file.send"));
  const form = h("form", { onsubmit: (event) => event.preventDefault() }, parts, says, doing, button);
  let mine = held;
  const keep = async () => {
    const next = { kind, ...(await make()), entry_id: mine?.entry_id, made: mine?.made };
    const full = noRoom(await outbox.mine(), next);
    if (full) throw new Unfit(full);
    if (mine?.outcome !== "conflict") return outbox.keep(next);
    const id = await outbox.keep({ ...next, entry_id: undefined }); // under its number the server has something else
    await outbox.drop(mine.entry_id);
    return id;
  };
  form.addEventListener("submit", async () => {
    form.inert = true; // what is typed from here on would not be what was sent
    says.textContent = "";
    try {
      const id = await keep();
      doing.textContent = t("file.sending");
      await outbox.flush();
      mine = await store.get("outbox", id);
      if (!form.isConnected) return;
      if (mine?.state === "asked") says.textContent = t("file.refused", { why: mine.why });
      else if (mine) await waits();
      else leave("file.sent", back());
    } catch (error) {
      says.textContent = t(unkept(error));
    } finally {
      doing.textContent = "";
      form.inert = false;
    }
  });
  const leave = (said, path) => {
    toast(t(said));
    app.go(path);
  };
  const waits = async () => {
    await app.refresh(); // whoever is logged out meanwhile is led to the log-in
    if (!app.locked) leave("file.kept", "");
  };
  return form;
}

// Why nothing was written down, as a text's key: the form stays as it is.
function unkept(error) {
  if (error instanceof Unfit) return error.key;
  if (error?.name === "QuotaExceededError") return "file.full";
  throw error;
}

const input = (type, more = {}) => h("input", { type, required: true, autocomplete: "off", ...more });

function options(values, chosen) {
  const list = h("select", values.map(([value, label]) => h("option", { value }, label)));
  if (chosen !== undefined) list.value = chosen;
  return list;
}

async function correction(app, paint, asked, held) {
  const zone = app.today.zone;
  const was = held?.typed ?? { date: asked.get("date") ?? clock.today(zone), part: "arrival" };
  const date = input("date", { max: clock.today(zone), value: was.date });
  const part = options(["arrival", "departure", "day"].map((each) => [each, t(`part.${each}`)]), was.part);
  const time = input("time", { value: was.time });
  const reason = h("textarea", { rows: 3, maxlength: 500, required: true, value: was.reason });
  const when = field("time", t("file.time"), time);
  const draw = () => {
    when.hidden = part.value === "day";
    time.required = !when.hidden;
  };
  part.addEventListener("change", draw);
  draw();
  const make = () => ({
    typed: { date: date.value, part: part.value, time: time.value, reason: reason.value.trim() },
    body: { date: date.value, part: part.value, reason: reason.value.trim(), at_utc: part.value === "day" ? null : clock.moment(date.value, time.value, zone) },
  });
  const parts = [field("date", t("file.date"), date), field("part", t("file.part"), part), when, field("reason", t("file.reason"), reason)];
  paint(h("h1", t("file.correction")), h("p.sub", t("file.correction_what")), sent("correction", parts, make, () => `month/${date.value.slice(0, 7)}/${date.value}`, app, held));
}

async function letter(app, paint, asked, held) {
  const zone = app.today.zone;
  const today = clock.today(zone);
  let catalogue;
  try {
    catalogue = (await net.kept("/phone/api/catalogue")) ?? (await net.ask("/phone/api/catalogue"));
  } catch (error) {
    if (!(error instanceof net.Offline || error instanceof net.LoggedOut)) throw error;
    paint(h("h1", t("file.letter")), h("p.empty", t("needs_network")));
    return;
  }
  const was = held?.typed ?? { issued: today, first: today, last: today, whole: true, from: "07:30", until: "16:00" };
  const kind = options(catalogue.kinds.map((each) => [each.kind_id, each.name]), was.kind);
  const number = input("text", { maxlength: 200, value: was.number });
  const issued = input("date", { value: was.issued });
  const issuer = input("text", { maxlength: 200, value: was.issuer });
  const first = input("date", { value: was.first });
  const last = input("date", { value: was.last });
  const whole = h("input", { type: "checkbox", checked: was.whole, id: "whole" });
  const from = input("time", { value: was.from, required: false });
  const until = input("time", { value: was.until, required: false });
  const hours = h("div.two", field("from", t("file.from"), from), field("until", t("file.until"), until));
  const draw = () => {
    hours.hidden = whole.checked;
    from.required = until.required = !whole.checked;
  };
  whole.addEventListener("change", draw);
  draw();
  const paper = photograph(held?.paper);
  const make = async () => ({
    paper: await paper.content(),
    typed: { kind: kind.value, number: number.value.trim(), issued: issued.value, issuer: issuer.value.trim(), first: first.value, last: last.value, whole: whole.checked, from: from.value, until: until.value },
    body: {
      kind_id: kind.value,
      number: number.value.trim(),
      date: issued.value,
      issuer: issuer.value.trim(),
      first_utc: clock.moment(first.value, whole.checked ? "00:00" : from.value, zone),
      until_utc: whole.checked ? clock.moment(next(last.value), "00:00", zone) : clock.moment(last.value, until.value, zone),
    },
  });
  const parts = [
    field("kind", t("file.kind"), kind),
    field("number", t("file.number"), number),
    h("div.two", field("issued", t("file.issued"), issued), field("issuer", t("file.issuer"), issuer)),
    h("div.two", field("first", t("file.first"), first), field("last", t("file.last"), last)),
    h("div.check", whole, h("label", { for: "whole" }, t("file.whole"))),
    hours,
    paper.element,
  ];
  paint(h("h1", t("file.letter")), h("p.sub", t("file.letter_what")), sent("letter", parts, make, () => `month/${first.value.slice(0, 7)}`, app, held));
}

const next = (date) => new Date(Date.parse(`${date}T00:00:00Z`) + 86400000).toISOString().slice(0, 10);

async function objection(app, paint, asked, held) {
  const about = held?.body.about ?? asked.get("about") ?? `day:${clock.today(app.today.zone)}`;
  const [kind, what] = about.split(/:(.*)/s);
  const of = held?.body.month ?? asked.get("month");
  const date = input("date", { max: clock.today(app.today.zone), value: kind === "day" ? what : "" });
  const month = () => (kind === "day" ? date.value.slice(0, 7) : of);
  const found = kind === "day" || held ? null : await net.kept(`/phone/api/months/${of}`);
  const line = found?.pay?.lines.find((each) => each.key === what);
  const name = kind === "day" ? undefined : (held?.typed.name ?? `${line?.name ?? what}: ${line?.amount ?? ""} · ${monthName(of)}`);
  const subject = kind === "day" ? field("date", t("file.date"), date) : h("p", h("b", name));
  const reason = h("textarea", { rows: 4, maxlength: 500, required: true, value: held?.typed.reason });
  const make = () => ({
    typed: { date: date.value, name, reason: reason.value.trim() },
    body: { month: month(), about: kind === "day" ? `day:${date.value}` : about, reason: reason.value.trim() },
  });
  const back = () => (kind === "day" ? `month/${month()}/${date.value}` : `month/${month()}`);
  const title = kind === "day" && asked.get("about") ? longDate(what) : t("file.objection_what");
  paint(h("h1", t("file.objection")), h("p.sub", title), sent("objection", [subject, field("reason", t("file.objection_reason"), reason)], make, back, app, held));
}
