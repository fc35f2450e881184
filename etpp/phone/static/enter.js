// An activity in at most four touches: a favourite and "save"; or search, choose, save; or yesterday's once more.
import * as clock from "./clock.js";
import { field, h, toast } from "./dom.js";
import * as net from "./net.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";
import { longDate, number, plus, shortDate, t } from "./texts.js";

const SHOWN = 30;
let typed = "";

export async function enter({ app, paint, rest, asked }) {
  const catalogue = await known();
  if (!catalogue || !app.today) {
    paint(h("h1", t("title.enter")), h("p.empty", t("enter.never")));
    return;
  }
  const held = asked.get("edit") ? await store.get("outbox", asked.get("edit")) : undefined;
  const item = rest[0] && catalogue.items.find((each) => each.item_id === decodeURIComponent(rest[0]));
  if (item) form(item, held, catalogue, app, paint);
  else if (asked.get("again")) again(catalogue, app, paint);
  else choose(catalogue, paint);
}

async function known() {
  try {
    return (await net.kept("/phone/api/catalogue")) ?? (await net.ask("/phone/api/catalogue"));
  } catch (error) {
    if (error instanceof net.Offline || error instanceof net.LoggedOut || error instanceof net.Refused) return undefined;
    throw error;
  }
}

function row(item) {
  const worth = t("enter.worth", { points: number(item.points), unit: item.unit });
  return h("li", h("a.choice", { href: `#/enter/${encodeURIComponent(item.item_id)}` }, h("b", item.name), h("small", worth)));
}

function choose(catalogue, paint) {
  const list = h("ul.list");
  const search = h("input", { type: "search", autocomplete: "off", enterkeyhint: "search", value: typed });
  const draw = () => {
    typed = search.value;
    const words = plain(typed).split(/\s+/).filter(Boolean);
    const found = catalogue.items.filter((item) => words.every((word) => plain(`${item.name} ${item.item_id}`).includes(word)));
    list.replaceChildren(...(found.length ? found.slice(0, SHOWN).map(row) : [h("li.empty", t("enter.none"))]));
  };
  search.addEventListener("input", draw);
  draw();
  paint(h("h1", t("title.enter")), field("search", t("enter.search"), search), list);
}

const plain = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

function again(catalogue, app, paint) {
  const before = app.today.yesterday;
  const known = new Set(catalogue.items.map((each) => each.item_id));
  const boxes = before.filter((each) => known.has(each.item_id)).map((each) => ({ each, box: h("input", { type: "checkbox", checked: true, id: `again-${each.entry_id}` }) }));
  const save = h("button.main", { type: "submit" }, t("enter.save_all"));
  const form = h(
    "form",
    { onsubmit: (event) => event.preventDefault() },
    h("ul.list", boxes.map(({ each, box }) => h("li.check", box, h("label", { for: box.id }, h("b", each.name), h("small", `${number(each.quantity)} ${each.unit}${each.note ? ` · ${each.note}` : ""}`))))),
    save,
  );
  form.addEventListener("submit", async () => {
    save.disabled = true;
    const date = clock.today(app.today.zone);
    const chosen = boxes.filter(({ box }) => box.checked).map(({ each }) => each);
    for (const { item_id, name, unit, quantity, note } of chosen) await outbox.add({ date, item_id, name, unit, quantity, note });
    toast(t("enter.saved", { n: chosen.length }));
    app.go("");
  });
  paint(h("h1", t("today.again")), boxes.length ? [h("p.sub", t("enter.of", { date: longDate(before[0].date) })), form] : h("p.empty", t("enter.no_yesterday")));
}

function form(item, held, catalogue, app, paint) {
  const today = clock.today(app.today.zone);
  const quantity = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", required: true, value: held?.quantity ?? item.quantity ?? "1" });
  const note = h("textarea", { rows: 2, maxlength: 500, value: held?.note ?? item.note ?? "" });
  const date = h("input", { type: "date", required: true, max: today, value: held?.date ?? today });
  const points = h("output", { for: "quantity" });
  const says = h("p.says", { role: "alert" });
  const value = () => quantity.value.trim().replace(",", ".");
  const draw = () => (points.textContent = /^\d+(\.\d+)?$/.test(value()) ? t("points", { n: number(Number(value()) * Number(item.points)) }) : "–");
  const step = (by) => () => {
    quantity.value = String(Math.max(1, (Number(value()) || 0) + by));
    draw();
  };
  quantity.addEventListener("input", draw);
  draw();
  const days = [0, 1, 2].map((ago) => h("button", { type: "button", onclick: () => (date.value = plus(today, -ago)) }, ago === 0 ? t("enter.today") : shortDate(plus(today, -ago))));
  const save = h("button.main", { type: "submit", id: "save" }, t("enter.save"));
  const shown = h(
    "form",
    { novalidate: true, onsubmit: (event) => event.preventDefault() },
    h("div.field", h("label", { for: "quantity" }, t("enter.quantity", { unit: item.unit })), h("div.stepper", h("button", { type: "button", "aria-label": t("enter.less"), onclick: step(-1) }, "−"), quantity, h("button", { type: "button", "aria-label": t("enter.more"), onclick: step(1) }, "+"), points)),
    field("note", t("enter.note"), note, catalogue.note_characters ? t("enter.note_least", { n: catalogue.note_characters }) : null),
    field("date", t("enter.date"), date),
    h("div.chips", days),
    says,
    save,
  );
  quantity.id = "quantity";
  shown.addEventListener("submit", async () => {
    const wrong = !/^\d{1,6}(\.\d{1,4})?$/.test(value()) || Number(value()) === 0 ? "quantity" : !date.value || date.value > today ? "future" : note.value.trim().length < catalogue.note_characters ? "note_short" : "";
    says.textContent = wrong ? t(`fault.${wrong}`, { n: catalogue.note_characters }) : "";
    if (wrong) return;
    save.disabled = true;
    await outbox.add({ entry_id: held?.entry_id, made: held?.made, date: date.value, item_id: item.item_id, name: item.name, unit: item.unit, quantity: value(), note: note.value.trim() });
    typed = "";
    toast(t("enter.saved", { n: 1 }));
    app.go("");
  });
  paint(h("h1", item.name), h("p.sub", t("enter.worth", { points: number(item.points), unit: item.unit }), item.most_a_day && ` · ${t("enter.most", { n: number(item.most_a_day) })}`), shown);
}
