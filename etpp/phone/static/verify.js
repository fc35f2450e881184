// The superior's list: what is unusual first and why, then the others; one by one, or all that are shown.
import { act, chip, h, toast } from "./dom.js";
import * as net from "./net.js";
import { number, shortDate, t } from "./texts.js";

const PATH = "/phone/api/waiting";

export async function verify({ app, paint }) {
  const draw = (found) => paint(h("h1", t("title.verify")), list(found, app));
  const known = await net.kept(PATH);
  if (known) draw(known);
  try {
    draw(await net.ask(PATH));
  } catch (error) {
    if (error instanceof net.LoggedOut) return;
    if (!(error instanceof net.Offline || error instanceof net.Refused)) throw error;
    if (!known) paint(h("h1", t("title.verify")), h("p.empty", error instanceof net.Offline ? t("needs_network") : error.message));
  }
}

function list(found, app) {
  if (found.entries.length === 0) return h("p.empty", { id: "none" }, t("verify.none"));
  const unusual = found.entries.filter((each) => each.unusual.length > 0);
  const usual = found.entries.filter((each) => each.unusual.length === 0);
  const all = (entries, key) => act(t(key, { n: entries.length }), () => decide(entries, app), "main");
  return [
    found.more > 0 && h("p.why", t("verify.more", { n: found.more })),
    unusual.length > 0 && h("section.card", { id: "unusual" }, h("h2", t("verify.unusual", { n: unusual.length })), h("ul.list", unusual.map((each) => one(each, app)))),
    usual.length > 0 && h("section.card", { id: "usual" }, h("h2", t("verify.usual", { n: usual.length })), h("p", all(usual, "verify.all_usual")), h("ul.list", usual.map((each) => one(each, app)))),
    unusual.length > 0 && h("section.card", h("p.why", t("verify.all_why")), h("p", all(found.entries, "verify.all"))),
  ];
}

function one(each, app) {
  const reason = h("input", { type: "text", maxlength: 500, autocomplete: "off", id: `reason-${each.entry_id}` });
  const back = h("details", h("summary", t("verify.return")), h("label", { for: reason.id }, t("verify.reason")), reason, act(t("verify.return_now"), () => giveBack(each, reason.value.trim(), app)));
  const why = (key) => t(`unusual.${key}`, { usual: each.usual === null ? "" : number(each.usual), date: shortDate(each.entered_utc.slice(0, 10)) });
  return h(
    "li",
    h("b", each.person),
    h("small", `${shortDate(each.date)} · ${each.name} · ${number(each.quantity)} ${each.unit}${each.points === null ? "" : ` · ${t("points", { n: number(each.points) })}`}`),
    each.note && h("p.says", each.note),
    each.unusual.map((key) => chip(why(key), "doubt")),
    h("div.row", act(t("verify.verify"), () => decide([each], app)), back),
  );
}

async function decide(entries, app) {
  await settle("/v1/admin/activities/entries/verify", { entry_ids: entries.map((each) => each.entry_id) }, "verify.verified", app);
}

async function giveBack(entry, reason, app) {
  if (!reason) toast(t("verify.reason_first"));
  else await settle("/v1/admin/activities/entries/return", { entry_ids: [entry.entry_id], reason }, "verify.returned", app);
}

async function settle(path, asked, said, app) {
  try {
    const found = await net.tell(path, asked);
    const others = found.entries.filter((each) => each.outcome !== "done" && each.outcome !== "known").length;
    toast(others ? t("verify.not_all", { n: others }) : t(said, { n: found.entries.length }));
  } catch (error) {
    if (!(error instanceof net.Offline || error instanceof net.Refused)) throw error;
    toast(t(error instanceof net.Offline ? "needs_network" : "cannot"));
    return;
  }
  await app.refresh();
  app.go("verify");
}
