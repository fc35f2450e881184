// A photograph of a paper, made smaller here: what goes over the network is read as well and costs a tenth.
import { h } from "./dom.js";
import { t } from "./texts.js";

const LONGEST_PX = 1600;
const QUALITY = 0.75;

export function photograph() {
  const camera = h("input", { type: "file", accept: "image/*", capture: "environment", id: "camera" });
  const files = h("input", { type: "file", accept: "image/*,application/pdf", id: "files" });
  const shown = h("p.photo", { role: "status" });
  let chosen = null;
  for (const each of [camera, files]) {
    each.addEventListener("change", () => {
      chosen = each.files[0] ?? null;
      shown.replaceChildren();
      if (!chosen) return;
      if (chosen.type.startsWith("image/")) {
        const picture = h("img", { src: URL.createObjectURL(chosen), alt: t("file.photo_alt") });
        picture.addEventListener("load", () => URL.revokeObjectURL(picture.src));
        shown.append(picture);
      } else shown.append(chosen.name);
    });
  }
  const element = h(
    "fieldset",
    h("legend", t("file.photo")),
    h("div.row", h("label.button", { for: "camera" }, t("file.camera")), camera, h("label.button", { for: "files" }, t("file.files")), files),
    shown,
  );
  return { element, content: () => (chosen ? smaller(chosen) : null) };
}

async function smaller(file) {
  if (!file.type.startsWith("image/")) return file;
  const picture = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_PX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
}
