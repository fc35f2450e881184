// Today: presence, the ring of points, the shortest ways to an entry, and what was entered.
import * as clock from "./clock.js";
import { act, chip, h, toast } from "./dom.js";
import * as net from "./net.js";
import * as outbox from "./outbox.js";
import { queue } from "./queue.js";
import { longDate, number, t } from "./texts.js";

const FAVOURITES = 4;
const CATALOGUE = "/phone/api/catalogue";

export async function today({ app, paint }) {
  const queued = await outbox.mine();
  const now = app.today;
  if (!now) {
    paint(h("h1", t("title.today")), h("p.empty", t(app.refused ? "notice.refused" : "today.never")), queue(queued, app));
    return;
  }
  const date = clock.today(now.zone);
  const fresh = now.date === date; // otherwise it is what was known on an earlier day
  const decided = queued.every((each) => each.state === "waiting"); // or else it comes before everything
  const draw = (catalogue) =>
    paint(
      h("h1", longDate(date)),
      h("p.sub", now.office),
      !decided && queue(queued, app),
      presence(fresh ? now.today : null, now.gap, fresh),
      ring(fresh ? now : { ...now, today: null }, queued.filter((each) => !each.kind && each.date === date), catalogue),
      shortcuts(catalogue),
      decided && queue(queued, app),
      entered(fresh ? now.entries : [], app),
    );
  draw(await net.kept(CATALOGUE));
  try {
    draw(await net.ask(CATALOGUE));
  } catch (error) {
    if (!(error instanceof net.Offline || error instanceof net.LoggedOut || error instanceof net.Refused)) throw error;
  }
}

function presence(day, gap, fresh) {
  if (!day) return h("section.card", h("h2", t("today.presence")), h("p", t(gap ? `today.gap_${gap}` : fresh ? "today.no_day" : "today.stale")));
  const time = (label, at, due) => h("div.time", h("span", label), h("b", at ?? "–"), due && h("small", due));
  const times = [
    time(t("today.arrival"), day.arrival, day.due && t("today.due_in", { time: day.due[0] })),
    time(t("today.departure"), day.departure, day.due && t("today.due_out", { time: day.due[1] })),
  ];
  const verdict = day.works || day.arrival ? chip(day.status === "not_reported" && day.arrival ? t("today.seen") : day.says, day.tone) : chip(day.says, "off");
  return h("section.card", h("h2", t("today.presence")), h("div.times", times), h("p", verdict), day.why.map((each) => h("p.why", each)));
}

// Recognised is full, what waits for the superior or on this phone is pale.
function ring(now, queued, catalogue) {
  if (!now.target) return null;
  const worth = new Map(catalogue?.items.map((each) => [each.item_id, Number(each.points)]) ?? []);
  const here = queued.reduce((sum, each) => sum + Number(each.quantity) * (worth.get(each.item_id) ?? 0), 0);
  const recognised = Number(now.today?.recognised ?? 0);
  const entered = Math.max(Number(now.today?.entered ?? 0), recognised) + here;
  const target = Number(now.target);
  const part = (value) => `${Math.min(100, (100 * value) / target)} 100`;
  const said = t("today.ring", { points: number(entered), target: number(target), recognised: number(recognised) });
  return h(
    "section.card.ring",
    h("h2", t("today.points")),
    h(
      "svg",
      { viewBox: "-60 -60 120 120", role: "img", "aria-label": said },
      h("circle.rest", { r: 48 }),
      h("circle.entered", { r: 48, pathLength: 100, "stroke-dasharray": part(entered), transform: "rotate(-90)" }),
      h("circle.recognised", { r: 48, pathLength: 100, "stroke-dasharray": part(recognised), transform: "rotate(-90)" }),
      h("text.value", { y: 4, "text-anchor": "middle" }, number(entered)),
      h("text.of", { y: 22, "text-anchor": "middle" }, t("today.of", { target: number(target) })),
    ),
    h("div", entered > 0 && h("p.why", t(recognised < entered ? "today.recognised" : "today.all_recognised", { points: number(recognised) })), now.month_target && h("p.why", t("today.month", { points: number(now.month_entered), target: number(now.month_target) }))),
  );
}

function shortcuts(catalogue) {
  const first = (catalogue?.items ?? []).slice(0, FAVOURITES);
  return h(
    "section.card",
    h("h2", t("today.enter")),
    h("div.chips", first.map((item) => h("a.button", { href: `#/enter/${encodeURIComponent(item.item_id)}` }, item.name))),
    h("div.row.even", h("a.button.main", { href: "#/enter", id: "enter" }, t("today.other")), h("a.button", { href: "#/enter?again=1", id: "again" }, t("today.again"))),
  );
}

const OWN = new Set(["draft", "waiting", "returned"]);

function entered(entries, app) {
  const shown = entries.filter((each) => each.verdict !== "withdrawn");
  const back = (each) =>
    act(t("today.withdraw"), async () => {
      try {
        await net.tell("/v1/admin/activities/entries/withdraw", { entry_ids: [each.entry_id] });
      } catch (error) {
        toast(t(error instanceof net.Offline ? "needs_network" : "cannot"));
        return;
      }
      await app.refresh();
      app.go("");
    });
  const one = (each) =>
    h(
      "li",
      h("b", each.name),
      h("small", `${number(each.quantity)} ${each.unit} · ${t("points", { n: number(each.entered) })}${each.note ? ` · ${each.note}` : ""}`),
      chip(t(`verdict.${each.verdict}`), each.verdict === "recognised" ? "good" : each.verdict === "waiting" ? "doubt" : "late"),
      each.returned && h("p.says", t("today.returned", { reason: each.returned })),
      OWN.has(each.verdict) && h("div.row", back(each)),
    );
  return h("section.card", h("h2", t("today.entered")), shown.length ? h("ul.list", { id: "entered" }, shown.map(one)) : h("p.empty", t("today.nothing")));
}
