// What a person has to know whichever view is shown: no network, what waits, what has to be decided, a clock that is wrong.
import * as clock from "./clock.js";
import { byId, h } from "./dom.js";
import * as outbox from "./outbox.js";
import { t } from "./texts.js";

export async function notices(app) {
  const entries = await outbox.mine();
  const waiting = entries.filter((each) => each.state === "waiting").length;
  const asked = entries.length - waiting;
  const foreign = await outbox.foreign();
  const found = [];
  if (app.refused) found.push(h("p.notice.bad", t("notice.refused")));
  if (app.offline) found.push(h("p.notice", { id: "offline" }, t("notice.offline")));
  if (waiting > 0) found.push(h("p.notice", { id: "waiting" }, t("notice.waiting", { n: waiting })));
  if (asked > 0) found.push(h("p.notice.bad", { id: "asked" }, h("a", { href: "#/" }, t("notice.asked", { n: asked }))));
  if (foreign > 0) found.push(h("p.notice", t("notice.foreign", { n: foreign })));
  if (clock.isWrong()) found.push(h("p.notice", { id: "clock" }, t("notice.clock", { n: clock.minutes() })));
  byId("notices").replaceChildren(...found);
}
