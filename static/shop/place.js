/* Where a visitor shops: site and currency. Prices and the cart hang on them. */

import { fill, settle, wire } from "./form.js";
import { priceOf } from "./money.js";
import { banner, made, say } from "./page.js";

export async function place(shop) {
  const { store } = shop;
  const [sites, here] = await Promise.all([store.sites(), store.place()]);
  const view = made("view-place");
  const form = view.querySelector("form");
  const { siteCode, currency } = form.elements;
  siteCode.replaceChildren(...sites.map((site) => new Option(site.name, site.code)));
  const offer = () => {
    const { availableCurrencies, currency: usual } = sites.find((site) => site.code === siteCode.value);
    currency.replaceChildren(...(availableCurrencies ?? [usual]).map((code) => new Option(code, code)));
  };
  siteCode.value = here.site.code;
  offer();
  siteCode.addEventListener("change", offer);
  fill(form, { siteCode: here.site.code, currency: here.currency });
  wire(form, {
    check: () => ({}),
    async send(values) {
      const before = store.hasCart() ? await store.cart() : null;
      await store.move(values.siteCode, values.currency);
      settle(form);
      const now = await store.cart();
      const [was, is] = [before, now].map((cart) => (cart?.items.length ? priceOf(cart.totalPrice) : null));
      const changed = was && is && was !== is ? [banner("warning", say("cameTo", was).replace("{}", () => is))] : [];
      await shop.done("#goods", say("nowHere"), ...changed);
    },
  });
  return view;
}
