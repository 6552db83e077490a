/* Which views there are: what the address names, and the module that makes it. */

import { BffError } from "../bff.js";
import { addressForm } from "./address.js";
import { addresses } from "./addresses.js";
import { companies } from "./companies.js";
import { profile, profileForm } from "./profile.js";
import { welcome } from "./welcome.js";

// Fetched when they are first shown; `open`: to guests too.
const STORE = [
  { at: /^(?:#goods(?:-(\d+)-(.*))?)?$/, make: later(() => import("./goods.js"), "goods"), nav: "#goods", open: true },
  { at: /^#product-([\w-]+)$/, make: later(() => import("./goods.js"), "product"), nav: "#goods", open: true },
  { at: /^#place$/, make: later(() => import("./place.js"), "place"), nav: "#goods", open: true },
  { at: /^#cart$/, make: later(() => import("./cart.js"), "cart"), nav: "#cart", open: true },
  { at: /^#checkout$/, make: later(() => import("./checkout.js"), "checkout"), nav: "#cart", open: true },
  { at: /^#ordered-([\w-]+)$/, make: later(() => import("./orders.js"), "ordered"), nav: "#cart", open: true },
  { at: /^#orders(?:-(\d+))?$/, make: later(() => import("./orders.js"), "orders"), nav: "#orders" },
  { at: /^#order-([\w-]+)$/, make: later(() => import("./orders.js"), "order"), nav: "#orders" },
];

/** The page has their templates where the operations that they need are declared. */
export const hasStore = document.getElementById("view-goods") !== null;

const VIEWS = [
  ...(hasStore ? STORE : []),
  { at: /^(#welcome)?$/, make: welcome, guests: "view-welcome-guest", nav: "#welcome" },
  { at: /^#profile$/, make: profile, nav: "#profile" },
  { at: /^#change-profile$/, make: profileForm, nav: "#profile" },
  { at: /^#addresses$/, make: addresses, nav: "#addresses" },
  { at: /^#new-address$/, make: addressForm, nav: "#addresses" },
  { at: /^#address-([\w-]+)$/, make: addressForm, nav: "#addresses" },
  { at: /^#companies$/, make: companies, nav: "#companies" },
];

/** The view that an address names. */
export const rowOf = (hash) => VIEWS.find((row) => row.at.test(hash));

export const inStore = (row) => STORE.includes(row);

function later(fetched, name) {
  return async (...given) => {
    const module = await fetched().catch((cause) => {
      throw new BffError({ type: "network_error", message: cause.message, cause });
    });
    return module[name](...given);
  };
}
