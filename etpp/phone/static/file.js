// What a person files: a correction of a day, a letter with a photograph of the paper, an objection.
import * as clock from "./clock.js";
import { field, h, toast } from "./dom.js";
import * as net from "./net.js";
import { photograph } from "./photo.js";
import { longDate, monthName, t } from "./texts.js";

const FORMS = { correction, letter, objection };

export async function file({ app, paint, rest, asked }) {
  if (!app.today) return paint(h("h1", t("title.file")), h("p.empty", t("needs_network")));
  const form = FORMS[rest[0]];
  if (form) return form(app, paint, asked);
  const link = (name) => h("li", h("a.choice", { href: `#/file/${name}` }, h("b", t(`file.${name}`)), h("small", t(`file.${name}_what`))));
  return paint(h("h1", t("title.file")), h("ul.list", Object.keys(FORMS).map(link)));
}

// A form that is sent when its button is pressed; without a network it stays as it is filled in.
function sent(parts, send, back, app) {
  const says = h("p.says", { role: "alert" });
  const button = h("button.main", { type: "submit" }, t("file.send"));
  const form = h("form", { onsubmit: (event) => event.preventDefault() }, parts, says, button);
  form.addEventListener("submit", async () => {
    button.disabled = true;
    says.textContent = "";
    try {
      await send();
      toast(t("file.sent"));
      app.go(back());
    } catch (error) {
      if (error instanceof net.LoggedOut) return;
      if (!(error instanceof net.Offline || error instanceof net.Refused || error instanceof TypeError)) throw error;
      says.textContent = error instanceof net.Offline ? t("file.offline") : t("file.refused", { why: error.message });
    } finally {
      button.disabled = false;
    }
  });
  return form;
}

const input = (type, more = {}) => h("input", { type, required: true, autocomplete: "off", ...more });
const options = (values) => h("select", values.map(([value, label]) => h("option", { value }, label)));

async function correction(app, paint, asked) {
  const zone = app.today.zone;
  const date = input("date", { max: clock.today(zone), value: asked.get("date") ?? clock.today(zone) });
  const part = options(["arrival", "departure", "day"].map((each) => [each, t(`part.${each}`)]));
  const time = input("time");
  const reason = h("textarea", { rows: 3, maxlength: 500, required: true });
  const when = field("time", t("file.time"), time);
  const draw = () => {
    when.hidden = part.value === "day";
    time.required = !when.hidden;
  };
  part.addEventListener("change", draw);
  draw();
  const send = () =>
    net.tell("/phone/api/corrections", { date: date.value, part: part.value, reason: reason.value.trim(), at_utc: part.value === "day" ? null : clock.moment(date.value, time.value, zone) });
  const parts = [field("date", t("file.date"), date), field("part", t("file.part"), part), when, field("reason", t("file.reason"), reason)];
  paint(h("h1", t("file.correction")), h("p.sub", t("file.correction_what")), sent(parts, send, () => `month/${date.value.slice(0, 7)}/${date.value}`, app));
}

async function letter(app, paint) {
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
  const kind = options(catalogue.kinds.map((each) => [each.kind_id, each.name]));
  const number = input("text", { maxlength: 200 });
  const issued = input("date", { value: today });
  const issuer = input("text", { maxlength: 200 });
  const first = input("date", { value: today });
  const last = input("date", { value: today });
  const whole = h("input", { type: "checkbox", checked: true, id: "whole" });
  const from = input("time", { value: "07:30", required: false });
  const until = input("time", { value: "16:00", required: false });
  const hours = h("div.two", field("from", t("file.from"), from), field("until", t("file.until"), until));
  const draw = () => (hours.hidden = whole.checked);
  whole.addEventListener("change", draw);
  draw();
  const paper = photograph();
  const send = async () => {
    const content = await paper.content();
    const found = content ? await net.bring("/phone/api/documents", content) : null;
    const end = whole.checked ? clock.moment(next(last.value), "00:00", zone) : clock.moment(last.value, until.value, zone);
    await net.tell("/phone/api/letters", {
      kind_id: kind.value,
      number: number.value.trim(),
      date: issued.value,
      issuer: issuer.value.trim(),
      first_utc: clock.moment(first.value, whole.checked ? "00:00" : from.value, zone),
      until_utc: end,
      document_sha256: found?.sha256 ?? null,
    });
  };
  const parts = [
    field("kind", t("file.kind"), kind),
    field("number", t("file.number"), number),
    h("div.two", field("issued", t("file.issued"), issued), field("issuer", t("file.issuer"), issuer)),
    h("div.two", field("first", t("file.first"), first), field("last", t("file.last"), last)),
    h("div.check", whole, h("label", { for: "whole" }, t("file.whole"))),
    hours,
    paper.element,
  ];
  paint(h("h1", t("file.letter")), h("p.sub", t("file.letter_what")), sent(parts, send, () => `month/${first.value.slice(0, 7)}`, app));
}

const next = (date) => new Date(Date.parse(`${date}T00:00:00Z`) + 86400000).toISOString().slice(0, 10);

async function objection(app, paint, asked) {
  const about = asked.get("about") ?? `day:${clock.today(app.today.zone)}`;
  const [kind, what] = about.split(/:(.*)/s);
  const date = input("date", { max: clock.today(app.today.zone), value: kind === "day" ? what : "" });
  const month = () => (kind === "day" ? date.value.slice(0, 7) : asked.get("month"));
  const found = kind === "day" ? null : await net.kept(`/phone/api/months/${asked.get("month")}`);
  const line = found?.pay?.lines.find((each) => each.key === what);
  const subject = kind === "day" ? field("date", t("file.date"), date) : h("p", h("b", `${line?.name ?? what}: ${line?.amount ?? ""}`), ` ${monthName(asked.get("month"))}`);
  const reason = h("textarea", { rows: 4, maxlength: 500, required: true });
  const send = () => net.tell("/phone/api/objections", { month: month(), about: kind === "day" ? `day:${date.value}` : about, reason: reason.value.trim() });
  const back = () => (kind === "day" ? `month/${month()}/${date.value}` : `month/${month()}`);
  const title = kind === "day" && asked.get("about") ? longDate(what) : t("file.objection_what");
  paint(h("h1", t("file.objection")), h("p.sub", title), sent([subject, field("reason", t("file.objection_reason"), reason)], send, back, app));
}
