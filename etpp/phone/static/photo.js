// A photograph of a paper, made smaller here: what goes over the network is read as well and costs a tenth.
import { h } from "./dom.js";
import { MOST_BYTES } from "./filings.js";
import { t } from "./texts.js";

const LONGEST_PX = 1600;
const QUALITY = 0.75;

// A file that cannot be sent; `key`: the text that says why.
export class Unfit extends Error {
  constructor(key) {
    super(key);
    this.key = key;
  }
}

// `held`: what was chosen before, made smaller already.
export function photograph(held) {
  const camera = h("input", { type: "file", accept: "image/*", capture: "environment", id: "camera" });
  const files = h("input", { type: "file", accept: "image/*,application/pdf", id: "files" });
  const shown = h("p.photo", { role: "status" });
  let chosen = null;
  const show = (file, name) => {
    shown.replaceChildren();
    if (!file.type.startsWith("image/")) return shown.append(name);
    const picture = h("img", { src: URL.createObjectURL(file), alt: t("file.photo_alt") });
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
    shown.append(picture);
  };
  if (held) show(held, held.name ?? t("file.kept_file"));
  for (const each of [camera, files]) {
    each.addEventListener("change", () => {
      if (!each.files[0]) return; // the dialogue was closed: what was chosen before stays
      chosen = each.files[0];
      show(chosen, chosen.name);
    });
  }
  const element = h(
    "fieldset",
    h("legend", t("file.photo")),
    h("div.row", h("label.button", { for: "camera" }, t("file.camera")), camera, h("label.button", { for: "files" }, t("file.files")), files),
    shown,
  );
  return { element, content: async () => (chosen ? smaller(chosen) : (held ?? null)) };
}

async function smaller(file) {
  if (!file.type.startsWith("image/")) return fit(file);
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    throw new Unfit("file.photo_bad"); // damaged, or of a kind that this browser does not know
  }
  const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return fit(await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY)));
}

function fit(file) {
  if (!file || file.size === 0) throw new Unfit("file.photo_bad");
  if (file.size > MOST_BYTES) throw new Unfit("file.photo_large");
  return file;
}
