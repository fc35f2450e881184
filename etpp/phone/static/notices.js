// What a person has to know whichever view is shown: no network, what waits, what has to be decided, a clock that is wrong.
import * as clock from "./clock.js";
import { byId, h } from "./dom.js";
import * as outbox from "./outbox.js";
import { t } from "./texts.js";

export async function notices(app) {
  const held = await outbox.mine();
  const waiting = held.filter((each) => each.state === "waiting");
  const asked = held.filter((each) => each.state !== "waiting");
  const foreign = await outbox.foreign();
  const found = [];
  if (app.refused) found.push(h("p.notice.bad", t("notice.refused")));
  if (app.offline) found.push(h("p.notice", { id: "offline" }, t("notice.offline")));
  if (waiting.length > 0) found.push(h("p.notice", { id: "waiting" }, said("notice.waiting", "notice.waiting_filed", waiting)));
  if (asked.length > 0) found.push(h("p.notice.bad", { id: "asked" }, h("a", { href: "#/" }, said("notice.asked", "notice.asked_filed", asked))));
  if (foreign > 0) found.push(h("p.notice", t("notice.foreign", { n: foreign })));
  if (clock.isWrong()) found.push(h("p.notice", { id: "clock" }, t("notice.clock", { n: clock.minutes() })));
  byId("notices").replaceChildren(...found);
}

// Of activities and of what is filed a sentence each, where there are any.
function said(key, filedKey, held) {
  const filed = held.filter((each) => each.kind).length;
  const entries = held.length - filed;
  return [entries > 0 && t(key, { n: entries }), filed > 0 && t(filedKey, { n: filed })].filter(Boolean).join(" ");
}
