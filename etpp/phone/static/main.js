// The program's beginning: texts, clock and person are read, then the address says which view is shown.
import * as clock from "./clock.js";
import { byId, h } from "./dom.js";
import { enter } from "./enter.js";
import { file } from "./file.js";
import { month } from "./month.js";
import { more } from "./more.js";
import * as net from "./net.js";
import { notices } from "./notices.js";
import * as outbox from "./outbox.js";
import { pay } from "./pay.js";
import * as store from "./store.js";
import * as texts from "./texts.js";
import { t } from "./texts.js";
import { today } from "./today.js";
import { verify } from "./verify.js";

const VIEWS = { "": today, enter, month, pay, verify, file, more };
const TODAY = "/phone/api/today";
const FOLLOWS = new Set(["", "month", "pay"]); // drawn again when there is news; a form that somebody fills in is not
let showing = 0;

// What every view is given: the server's last word on this person, where it is, and how to be shown again.
const app = { today: null, offline: false, refresh, go, locked: false };

function go(path) {
  if (location.hash === `#/${path}`) show();
  else location.hash = `#/${path}`;
}

async function show() {
  const mine = ++showing;
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("?")[0].split("/");
  const view = VIEWS[name] ?? today;
  const asked = new URLSearchParams(location.hash.split("?")[1] ?? "");
  // A view that takes long must not paint over one that was asked for after it.
  const paint = (...content) => {
    if (mine !== showing) return false;
    const place = document.activeElement?.id;
    byId("main").replaceChildren(...content.flat(Infinity).filter(Boolean));
    if (place && byId(place)) byId(place).focus({ preventScroll: true });
    return true;
  };
  document.title = `${t(`title.${name || "today"}`)} · e-TPP`;
  tabs(name);
  await view({ app, paint, rest, asked });
  if (mine === showing) document.body.dataset.shown = location.hash; // all that is known stands on the page
}

async function open() {
  await show();
  byId("main").focus({ preventScroll: true });
  window.scrollTo(0, 0);
}

function tabs(current) {
  const shown = [["", "today"], ["month", "month"], ["pay", "pay"], ["file", "file"]];
  if (app.today?.superior) shown.push(["verify", "verify"]);
  const waiting = app.today?.waiting ?? 0;
  byId("tabs").hidden = false;
  byId("tabs").replaceChildren(
    ...shown.map(([path, key]) =>
      h("a", { href: `#/${path}`, "aria-current": path === current ? "page" : null }, h("span.sign", { "aria-hidden": "true" }, SIGNS[key]), t(`tab.${key}`), key === "verify" && waiting > 0 && h("b.count", waiting)),
    ),
  );
  byId("who").textContent = app.today ? app.today.name : "e-TPP Presensi";
  byId("more").setAttribute("aria-label", t("tab.more"));
}

const SIGNS = { today: "◔", month: "▦", pay: "Rp", file: "✎", verify: "✓" };

async function refresh() {
  try {
    app.today = await net.ask(TODAY);
    app.offline = app.locked = false;
    outbox.belongsTo(app.today.person_id);
  } catch (error) {
    if (error instanceof net.LoggedOut) return away();
    if (error instanceof net.Refused) app.refused = true;
    app.offline = error instanceof net.Offline;
    if (!app.offline && !(error instanceof net.Refused)) throw error;
  }
  await notices(app);
}

// To the log-in, and back here after it. What waits to be sent is on the phone and stays there.
function away() {
  app.locked = true;
  location.assign("/console/phone");
}

async function woken() {
  if (document.visibilityState === "hidden") return;
  await refresh();
  await outbox.flush();
  await follow();
}

const where = () => location.hash.replace(/^#\/?/, "").split(/[/?]/)[0];
const follow = async () => FOLLOWS.has(where()) && show();

async function start() {
  net.whenGone(away);
  await texts.load();
  await clock.load();
  outbox.belongsTo((await store.get("settings", "person")) ?? "");
  app.today = (await net.kept(TODAY)) ?? null;
  const known = app.today !== null;
  if (known) await open();
  await refresh();
  if (app.locked) return;
  if (known) await follow();
  else await open();
  outbox.watch(async (what) => {
    if (what === "out") return away();
    if (what === "sent") await refresh();
    else await notices(app);
    await follow();
  });
  window.addEventListener("hashchange", open);
  window.addEventListener("online", woken);
  window.addEventListener("offline", refresh);
  document.addEventListener("visibilitychange", woken);
  document.body.dataset.ready = "yes";
  await outbox.flush();
}

navigator.serviceWorker?.register("/phone/sw.js");
window.addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  app.install = event;
});
start();
