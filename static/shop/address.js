/* One address: added or changed. */

import { etagOf } from "../bff.js";
import { TEXTS, tagsOf, text } from "./addresses.js";
import { difference, fill, settle, wire } from "./form.js";
import { banner, made, say } from "./page.js";

const NEW = { tags: ["BILLING", "SHIPPING"] };

function valuesOf(address) {
  const tags = tagsOf(address);
  return {
    ...Object.fromEntries(TEXTS.map((name) => [name, text(address[name])])),
    billing: tags.includes("BILLING"),
    shipping: tags.includes("SHIPPING"),
    tags: tags.filter((tag) => tag !== "BILLING" && tag !== "SHIPPING").join(", "),
    isDefault: address.isDefault === true,
  };
}

function bodyOf({ billing, shipping, tags, ...others }) {
  const free = tags.split(",").map((tag) => tag.trim());
  const all = [billing && "BILLING", shipping && "SHIPPING", ...free].filter(Boolean);
  return { ...others, tags: [...new Set(all)] };
}

/** The form of an address; without an id, of a new one. */
export async function addressForm(shop, id) {
  let address = id ? await shop.bff.address(id) : NEW;
  const view = made("view-address-form");
  view.querySelector("h1").textContent = say(id ? "editAddress" : "addAddress");
  const form = view.querySelector("form");
  fill(form, valuesOf(address));
  for (const details of form.querySelectorAll("details")) {
    details.open = [...details.querySelectorAll("input")].some((one) => one.value);
  }
  wire(form, {
    check: ({ contactName }) => (contactName ? {} : { contactName: say("enterContactName") }),
    async send(values) {
      if (id) await change(bodyOf(values));
      else await add(bodyOf(values));
    },
    async reread() {
      const was = valuesOf(address);
      address = await shop.bff.address(id);
      return { was, is: valuesOf(address) };
    },
  });

  // Only what was changed is sent: what the form cannot show of an address stays as it is.
  async function change(body) {
    const changed = difference(bodyOf(valuesOf(address)), body);
    if (Object.keys(changed).length) await shop.bff.updateAddress(id, changed, { ifMatch: etagOf(address) });
    settle(form);
    await shop.done("#addresses", say("addressSaved"));
  }

  async function add({ isDefault, ...body }) {
    const given = Object.entries(body).filter(([, value]) => value.length);
    const { id: added } = await shop.bff.addAddress(Object.fromEntries(given));
    settle(form);
    // Emporix takes the wish only with a change. The address is there whatever comes of it.
    const isSet = !isDefault || (await shop.bff.updateAddress(added, { isDefault }).then(() => true, () => false));
    await shop.done("#addresses", say("addressAdded"), ...(isSet ? [] : [banner("warning", say("defaultNotSet"))]));
  }

  return view;
}
