// The allowance as a tree that unfolds down to the day, and what earlier months came to.
import { h } from "./dom.js";
import { ofMonth } from "./month.js";
import { t } from "./texts.js";

export function pay(view) {
  return ofMonth(view.rest[0], view, t("title.pay"), (found) => (found.pay ? [total(found.pay), tree(found), earlier(found)] : [h(found.gap ? "p.card" : "p.empty", t(found.gap ? `today.gap_${found.gap}` : "pay.none")), earlier(found)]));
}

function total(pay) {
  const short = pay.short.length ? pay.short.join("; ") : t("pay.nothing_lost");
  return h(
    "section.card.total",
    h("p.stamp", pay.closed ? t("pay.closed") : t("pay.estimate")),
    h("p.net", pay.net),
    pay.percent !== null && h("p", { id: "percent" }, h("b", `${pay.percent} %`), `: ${short}`),
    h("p.why", pay.says),
    !pay.closed && h("p.why", t("pay.until_closed")),
    pay.open.length > 0 && h("details", h("summary", t("pay.open", { n: pay.open.length })), h("ul.tree", pay.open.map((each) => h("li", each)))),
  );
}

function tree(found) {
  return h(
    "section.card",
    h("h2", t("pay.tree")),
    found.pay.lines.map((line) =>
      h(
        "details.line",
        h("summary", h("span", line.name), h("b", line.amount), line.percent !== null && h("small", `${line.percent} %`)),
        h("ul.tree", line.why.map(why)),
        h("p", h("a", { href: `#/file/objection?about=${encodeURIComponent(`line:${line.key}`)}&month=${found.month}` }, t("pay.object"))),
      ),
    ),
    h("p.sum", h("span", t("pay.net")), h("b", found.pay.net)),
  );
}

function why(each) {
  if (each.parts.length === 0) return h("li", each.text);
  return h("li", h("details", h("summary", each.text), h("ul.tree", each.parts.map(why))));
}

function earlier(found) {
  if (found.earlier.length === 0) return found.pay?.closed ? null : h("p.empty", t("pay.no_earlier"));
  const months = found.pay && !found.pay.closed ? [{ name: found.name, net: found.pay.net, net_amount: found.pay.net_amount, estimate: true, month: found.month }, ...found.earlier] : found.earlier;
  const most = Math.max(...months.map((each) => Number(each.net_amount)), 1);
  const bar = (each) => h("meter", { min: 0, max: most, value: each.net_amount, "aria-label": `${each.name}: ${each.net}` });
  const row = (each) => h("li", h("a", { href: `#/pay/${each.month}` }, each.name, each.estimate && ` (${t("pay.estimate_short")})`), h("b", each.net), bar(each));
  return h("section.card", h("h2", t("pay.earlier")), h("ul.list.months", months.map(row)));
}
