// Pages that follow what happens: when the server says that something did, the page's main part is loaded anew.
// Whoever types, chooses or has the keyboard's focus in it is left alone until they are done.
const main = document.getElementById("main");
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const isBusy = () => document.hidden || main.contains(document.activeElement);

async function renewed() {
  const answer = await fetch(location.href, {cache: "no-store"});
  if (answer.redirected) location.reload(); // the session is over: the log-in says so
  if (!answer.ok) return false;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("main");
  if (page === null || isBusy()) return false;
  main.replaceChildren(...page.childNodes);
  return true;
}

async function follow() {
  let seen = "";
  for (;;) {
    try {
      const answer = await fetch(`${main.dataset.live}?seen=${encodeURIComponent(seen)}`, {cache: "no-store"});
      if (answer.redirected) location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const {pulse} = await answer.json();
      if (seen === "" || (pulse !== seen && !isBusy() && (await renewed()))) seen = pulse;
    } catch {
      await pause(30000);
    }
    await pause(2000);
  }
}

if (main !== null && main.dataset.live) follow();
