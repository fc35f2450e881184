// Passkeys: the browser is asked what a form's data-options say, and its answer goes with the form. Nothing else.
"use strict";
for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = form.querySelector("p.error");
    failed.hidden = true;
    try {
      const options = JSON.parse(form.dataset.options);
      const asked = form.dataset.passkey === "create"
        ? { publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }
        : { publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) };
      const credential = await navigator.credentials[form.dataset.passkey](asked);
      form.elements.answer.value = JSON.stringify(credential.toJSON());
    } catch {
      failed.hidden = false;
      return;
    }
    form.submit();
  });
}
