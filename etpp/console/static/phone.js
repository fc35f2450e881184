// The code of a terminal stands after the "#" of the address, which no browser sends: it goes into the form, and out of the address.
"use strict";
const form = document.querySelector("form[data-code]");
const code = location.hash.slice(1);
if (form && code) {
  history.replaceState(null, "", location.pathname);
  form.elements.code.value = code;
  form.hidden = false;
  form.submit();
}
