// What waits on this phone, in one list: activities and what is filed, each with what can be done about it.
import { act, chip, h } from "./dom.js";
import * as outbox from "./outbox.js";
import { longDate, number, shortDate, t } from "./texts.js";

export function queue(queued, app) {
  if (queued.length === 0) return null;
  const one = (each) => (each.kind ? filing(each, app) : each.state === "asked" ? decide(each, app) : waits(each, app));
  return h("section.card", { id: "queue" }, h("h2", t("queue.title")), h("ul.list", queued.map(one)));
}

const what = (each) => [h("b", each.name), h("small", `${each.date} · ${number(each.quantity)} ${each.unit}${each.note ? ` · ${each.note}` : ""}`)];

function waits(each, app) {
  const edit = act(t("queue.edit"), () => app.go(`enter/${encodeURIComponent(each.item_id)}?edit=${each.entry_id}`));
  return h("li", what(each), chip(t("queue.waiting"), "doubt"), h("div.row", edit, act(t("queue.drop"), () => outbox.drop(each.entry_id))));
}

// The server has it otherwise, or does not take it: the person says what becomes of it.
function decide(each, app) {
  const why = each.outcome === "conflict" ? t("queue.conflict") : each.faults.map((fault) => t(`fault.${fault}`)).join(" ") || t("queue.refused");
  const edit = act(t("queue.edit"), () => app.go(`enter/${encodeURIComponent(each.item_id)}?edit=${each.entry_id}`));
  const both = act(t("queue.both"), () => outbox.asNew(each));
  const actions = each.outcome === "conflict" ? [both] : each.faults.includes("late") ? [] : [edit];
  return h("li.bad", what(each), h("p.says", why), h("div.row", actions, act(t("queue.drop"), () => outbox.drop(each.entry_id))));
}

// A correction, a letter or an objection: what was typed can be changed, sent once more as it is, or given up.
function filing(each, app) {
  const asked = each.state === "asked";
  const again = act(t(each.outcome === "conflict" && asked ? "queue.as_new" : "queue.again"), () => (each.outcome === "conflict" && asked ? outbox.asNew(each) : outbox.again(each)));
  const edit = act(t("queue.edit"), () => app.go(`file/${each.kind}?edit=${each.entry_id}`));
  const later = each.until > Date.now();
  return h(
    asked ? "li.bad" : "li",
    { "data-kind": each.kind },
    h("b", t(`file.${each.kind}`)),
    h("small", about(each)),
    each.typed.reason && h("p.says", each.typed.reason),
    each.paper && chip(t("queue.paper", { kb: number(Math.ceil(each.paper.size / 1024)) })),
    asked ? h("p.says", t("file.refused", { why: each.why })) : chip(t(later ? "queue.later" : "queue.waiting"), "doubt"),
    h("div.row", edit, (asked || later) && again, givenUp(each)),
  );
}

function about({ kind, typed }) {
  if (kind === "correction") return [t(`part.${typed.part}`), typed.part !== "day" && typed.time, longDate(typed.date)].filter(Boolean).join(" · ");
  if (kind === "objection") return typed.name ?? longDate(typed.date);
  const days = typed.first === typed.last ? shortDate(typed.first) : `${shortDate(typed.first)} – ${shortDate(typed.last)}`;
  return [typed.number, typed.issuer, days].filter(Boolean).join(" · ");
}

// Whole sentences and a photograph are behind this button: it asks once.
function givenUp(each) {
  const button = h("button.danger", { type: "button" }, t("queue.drop"));
  button.addEventListener("click", async () => {
    if (button.dataset.asked) return outbox.drop(each.entry_id);
    button.dataset.asked = "yes";
    button.textContent = t("queue.drop_sure");
  });
  return button;
}
