// Language, installing, and leaving.
import { act, h, toast } from "./dom.js";
import * as net from "./net.js";
import * as outbox from "./outbox.js";
import * as texts from "./texts.js";
import { t } from "./texts.js";

export async function more({ app, paint }) {
  const waiting = (await outbox.mine()).length;
  const language = Object.entries(texts.LANGUAGES).map(([code, name]) =>
    h("button", {
      type: "button",
      lang: code,
      "aria-pressed": String(code === texts.current()),
      onclick: async () => {
        await texts.choose(code);
        await app.refresh();
        app.go("more");
      },
    }, name),
  );
  const leave = act(t("more.leave"), async () => {
    try {
      await net.logOut();
      outbox.left();
    } catch (error) {
      if (!(error instanceof net.Offline || error instanceof net.LoggedOut || error instanceof TypeError)) throw error;
      if (!(error instanceof net.LoggedOut)) return toast(t("needs_network"));
    }
    location.assign("/console/phone");
  }, "danger");
  paint(
    h("h1", t("title.more")),
    h("section.card", h("h2", t("more.language")), h("div.chips", language)),
    app.install && h("section.card", h("h2", t("more.install")), h("p.why", t("more.install_what")), act(t("more.install"), () => app.install.prompt(), "main")),
    h("section.card", h("h2", t("more.account")), h("p", app.today?.name ?? ""), waiting > 0 && h("p.says", t("more.waiting", { n: waiting })), h("p", h("a", { href: "/console/account" }, t("more.security"))), h("p", leave)),
  );
}
