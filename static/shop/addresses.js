/* The address book: a list, and a question before something is deleted. */

import { isGone, isSessionOver, ofCall, wordsOf } from "./failures.js";
import { banner, made, madeOne, onPress, say, slot, tell } from "./page.js";
import { named } from "./profile.js";

const LINES = [
  "companyName",
  "street",
  "streetNumber",
  "streetAppendix",
  "extraLine1",
  "extraLine2",
  "extraLine3",
  "extraLine4",
  "zipCode",
  "city",
  "state",
  "country",
  "contactPhone",
];
export const TEXTS = ["contactName", ...LINES];
const USES = new Map([
  ["BILLING", "billing"],
  ["SHIPPING", "shipping"],
]);

export const text = (value) => (typeof value === "string" ? value : "");

const joined = (between, ...parts) => parts.filter(Boolean).join(between);

export const tagsOf = (address) => (Array.isArray(address.tags) ? address.tags.filter((tag) => text(tag)) : []);

const lineOf = (one) =>
  joined(", ", text(one.contactName), joined(" ", text(one.street), text(one.streetNumber)), joined(" ", text(one.zipCode), text(one.city)));

function linesOf(address) {
  const all = Object.fromEntries(LINES.map((name) => [name, text(address[name])]));
  const { companyName, street, streetNumber, zipCode, city, country, ...others } = all;
  const { state, contactPhone, ...between } = others;
  return [
    companyName,
    joined(" ", street, streetNumber),
    ...Object.values(between),
    joined(" ", zipCode, city),
    state,
    named("region", country),
    contactPhone,
  ].filter(Boolean);
}

export async function addresses(shop) {
  const book = await shop.bff.addresses();
  const view = made("view-addresses");
  slot(view, "none").hidden = book.length > 0;
  view.querySelector("ul").append(...book.map((address) => cardOf(shop, address)));
  return view;
}

function cardOf(shop, address) {
  const line = lineOf(address);
  const card = madeOne("address-card", {
    name: text(address.contactName) || say("noName"),
    line: ` ${say("ofAddress", line)}`,
  });
  const shown = linesOf(address).map((one) => {
    const row = madeOne("address-line");
    row.textContent = one;
    return row;
  });
  card.querySelector("address").append(...shown);
  const badges = card.querySelector(".badges");
  badges.append(...badgesOf(address));
  badges.hidden = !badges.children.length;
  slot(card, "edit").href = `#address-${address.id}`;
  if (address.isDefault) slot(card, "default").remove();
  onPress(card, "default", async () => {
    await attempt(() => shop.bff.updateAddress(address.id, { isDefault: true }), async () => {
      await shop.done("#addresses", say("defaultSet"));
    });
  });
  onPress(card, "delete", () => askToDelete(shop, card, address.id, line));
  return card;
}

function badgesOf(address) {
  const words = tagsOf(address).map((tag) => (USES.has(tag) ? say(USES.get(tag)) : tag));
  const badges = [...(address.isDefault ? [say("default")] : []), ...words].map((word) => {
    const badge = madeOne("badge");
    badge.textContent = word;
    return badge;
  });
  if (address.isDefault) badges[0].classList.add("strong");
  return badges;
}

async function attempt(act, then) {
  try {
    await act();
  } catch (error) {
    if (!isSessionOver(ofCall(error))) tell(banner("warning", wordsOf(error).alert));
    return;
  }
  await then();
}

function askToDelete(shop, card, id, line) {
  const dialog = madeOne("delete-address", { line });
  card.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  onPress(dialog, "keep", () => dialog.close());
  onPress(dialog, "delete", async () => {
    try {
      await shop.bff.deleteAddress(id);
    } catch (error) {
      if (isSessionOver(ofCall(error))) return dialog.close();
      // Gone already is what was wanted.
      if (!isGone(error)) return complainIn(dialog, error);
    }
    dialog.close();
    return shop.done("#addresses", say("addressDeleted"));
  });
  dialog.showModal();
  slot(dialog, "keep").focus();
}

function complainIn(dialog, error) {
  dialog.querySelector(".error-summary")?.remove();
  const problem = madeOne("problem", wordsOf(error));
  dialog.querySelector("article").prepend(problem);
  problem.focus();
}
