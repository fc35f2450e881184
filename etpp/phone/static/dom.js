// Elements, made of text: nothing that the server or somebody else wrote is ever read as HTML.
const SVG = new Set(["svg", "circle", "path", "text", "g"]);

export function h(tag, ...rest) {
  const [name, ...classes] = tag.split(".");
  const svg = SVG.has(name);
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const each of rest.flat(Infinity)) {
    if (each === null || each === undefined || each === false) continue;
    if (each instanceof Node) element.append(each);
    else if (typeof each === "object") attributes(element, each);
    else element.append(String(each));
  }
  return element;
}

function attributes(element, values) {
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
}

export const byId = (id) => document.getElementById(id);

let leaving;
export function toast(text) {
  const place = byId("toast");
  place.textContent = text;
  clearTimeout(leaving);
  leaving = setTimeout(() => (place.textContent = ""), 5000);
}

export function chip(text, tone = "") {
  return h(tone ? `span.chip.${tone}` : "span.chip", text);
}

// A button that is pressed once: until its work is done it cannot be pressed again.
export function act(label, work, kind = "") {
  const button = h(kind ? `button.${kind}` : "button", { type: "button" }, label);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await work();
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

export function field(id, label, input, hint) {
  input.id = id;
  return h("div.field", h("label", { for: id }, label), input, hint && h("p.hint", hint));
}
