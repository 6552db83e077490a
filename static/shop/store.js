/* What the storefront's rows are asked for: products, prices, the visitor's cart, orders. Of all of it only this is kept:
 * which cart it is, and where the visitor shops. Whether there is a cart at all, the tab remembers over a reload.
 */

import { isGone, isSessionOver, isStale, ofCall } from "./failures.js";
import { language } from "./page.js";

const PAGE_SIZE = 8;
const CARTS = "/api/cart/carts";
const CONTEXT = "/api/session-context/me/context";
const BEGUN = "shop-has-cart";
const CONFLICT = 409;
/** Where a visitor shops who has chosen nothing, and what else can be chosen. */
const USUAL = document.getElementById("view").dataset;

/** `onCount` hears how many things are in the cart, whenever that is known. */
export function storefront(bff, onCount) {
  let visit;
  let cartId = null;
  // A cart that was known has been found gone, and the visitor was not told yet.
  let isLost = false;
  let here = null;
  let sites = null;

  const call = (method, path, options) => bff.request(method, path, options);
  // A browser keeps what everybody is shown. A customer may be shown something else, so their visit asks anew.
  const everybodys = (path, query) => call("GET", path, { query: { ...query, _: visit } });
  const ofCart = (path = "") => `${CARTS}/${encodeURIComponent(cartId)}${path}`;

  // What is not there is null; where a guest's session is over, so is all that was a guest's.
  function orNull(asked) {
    return asked.catch((error) => {
      const failed = ofCall(error);
      if (isGone(failed) || (!visit && isSessionOver(failed))) return null;
      throw error;
    });
  }

  function begun(isThere) {
    if (isThere) sessionStorage.setItem(BEGUN, "yes");
    else sessionStorage.removeItem(BEGUN);
  }

  function allSites() {
    const offered = USUAL.sites.split(",");
    sites ??= everybodys("/api/site/sites").then(
      (all) => all.filter((site) => offered.includes(site.code)),
      (error) => {
        sites = null;
        throw error;
      },
    );
    return sites;
  }

  // There is no context before the session's first cart.
  const context = () => (sessionStorage.getItem(BEGUN) ? orNull(call("GET", CONTEXT)) : null);

  async function place() {
    if (here) return here;
    const [all, now] = await Promise.all([allSites(), context()]);
    const usual = all.find((site) => site.code === USUAL.site);
    const site = all.find((one) => one.code === now?.siteCode) ?? usual ?? all[0];
    const isUsual = site === usual;
    here = {
      site,
      currency: now?.currency ?? ((isUsual && USUAL.currency) || site.currency),
      country: now?.targetLocation ?? ((isUsual && USUAL.country) || site.homeBase?.address?.country),
    };
    return here;
  }

  async function find() {
    const { site } = await place();
    const cart = await orNull(call("GET", CARTS, { query: { siteCode: site.code } }));
    isLost ||= cartId !== null && cart === null;
    cartId = cart?.id ?? null;
    begun(cart);
    onCount(cart?.totalUnitsCount ?? 0);
    return cart;
  }

  // Another tab may have begun it meanwhile: there is one for each site.
  async function begin() {
    const { site, currency } = await place();
    try {
      ({ cartId } = await call("POST", CARTS, { body: { siteCode: site.code, currency } }));
      begun(true);
    } catch (error) {
      if (ofCall(error).status !== CONFLICT) throw error;
      await find();
    }
  }

  function isAnew(known) {
    const was = isLost || (known !== null && known !== cartId);
    isLost = false;
    return was;
  }

  async function put(body) {
    const { site } = await place();
    await call("POST", ofCart("/items"), { query: { siteCode: site.code }, body });
  }

  async function moveContext(changes) {
    const now = await call("GET", CONTEXT);
    await call("PATCH", CONTEXT, { body: { ...changes, metadata: { version: now.metadata.version } } });
  }

  const store = {
    place,
    sites: allSites,

    /** Somebody else is here, or acts for somebody else: whose cart it was is not theirs. */
    follow(isCustomer) {
      visit = isCustomer ? Date.now().toString(36) : undefined;
      cartId = here = sites = null;
      isLost = false;
    },

    /** Whether the tab knows of a cart. */
    hasCart: () => sessionStorage.getItem(BEGUN) !== null,

    /** One page of products, and how many there are. */
    async products(words, page) {
      const wanted = words.replace(/[()",:~\\]/g, " ").trim();
      const query = {
        pageNumber: page,
        pageSize: PAGE_SIZE,
        fields: "id,yrn,name",
        ...(wanted && { q: `name.${language}:(~${wanted})` }),
        _: visit,
      };
      const { body, headers } = await bff.send("GET", "/api/product/products", { query });
      const total = Number(headers.get("X-Total-Count") ?? body.length);
      return { products: body, total, isLast: page * PAGE_SIZE >= total };
    },

    product: (id) => everybodys(`/api/product/products/${encodeURIComponent(id)}`),

    /** The visitor's own prices, by product. */
    async prices(ids) {
      const items = ids.map((id) => ({ itemId: { itemType: "PRODUCT", id }, quantity: { quantity: 1 } }));
      const found = ids.length ? await call("POST", "/api/price/match-prices-by-context", { body: { items } }) : [];
      return new Map(found.map((price) => [price.itemRef.id, price]));
    },

    /** What is in stock, by product. */
    async stock(ids) {
      const { site } = await place();
      const path = "/api/availability/availability/search";
      const found = ids.length ? await call("POST", path, { query: { site: site.code }, body: ids }) : [];
      return new Map(found.map((one) => [one.productId, one]));
    },

    /** The visitor's cart, or null. */
    cart: find,

    /** Put something in; returns whether the cart that was known is no more, and another was begun. */
    async add(product, price, quantity) {
      const { originalValue, effectiveValue, priceId, currency } = price;
      const paid = { priceId, originalAmount: originalValue, effectiveAmount: effectiveValue, currency };
      const body = { itemYrn: product.yrn, quantity, price: paid };
      const known = cartId;
      if (!cartId && store.hasCart()) await find();
      if (!cartId) await begin();
      try {
        await put(body);
        return isAnew(known);
      } catch (error) {
        if (!isGone(ofCall(error))) throw error;
      }
      if (!(await find())) await begin();
      await put(body);
      return isAnew(known);
    },

    setQuantity: (id, quantity) =>
      call("PUT", ofCart(`/items/${encodeURIComponent(id)}`), { query: { partial: true }, body: { quantity } }),
    remove: (id) => call("DELETE", ofCart(`/items/${encodeURIComponent(id)}`)),
    redeem: (code) => call("POST", ofCart("/discounts"), { body: { code } }),
    takeBack: (index) => call("DELETE", ofCart(`/discounts/${index}`)),
    validate: () => call("GET", ofCart("/validate")),
    refresh: () => call("PUT", ofCart("/refresh")),

    /** Shop on another site, or in another currency; the cart comes along where it can. */
    async move(siteCode, currency) {
      const site = (await allSites()).find((one) => one.code === siteCode);
      const before = await place();
      if (!cartId && store.hasCart()) await find();
      if (!cartId) await begin();
      if (siteCode !== before.site.code) {
        await call("POST", ofCart("/changeSite"), { body: { siteCode } }).catch((error) => {
          // There is a cart on that site already: this one waits here.
          if (ofCall(error).status !== CONFLICT) throw error;
        });
      }
      const changes = { siteCode, currency, targetLocation: site.shipToCountries?.[0] ?? before.country };
      await moveContext(changes).catch((error) => {
        if (!isStale(ofCall(error))) throw error;
        return moveContext(changes);
      });
      here = null;
      const cart = await find();
      if (cart && cart.currency !== currency) await call("POST", ofCart("/changeCurrency"), { body: { currency } });
    },

    /** What delivering the cart costs, each way. */
    async deliveries(cart, shipToAddress) {
      const { site } = await place();
      const body = { cartTotal: cart.totalPrice, shipToAddress };
      const zones = await call("POST", `/api/shipping/${encodeURIComponent(site.code)}/quote`, { body });
      return zones.flatMap(({ zone, methods }) => methods.map((method) => ({ ...method, zoneId: zone.id })));
    },

    paymentModes: () => call("GET", "/api/payment-gateway/paymentmodes/frontend"),

    order: (body) => call("POST", "/api/checkout/checkouts/order", { body }),

    /** Whether the cart that was to be ordered is there no more. */
    isOrdered: async (id) => !(await orNull(call("GET", `${CARTS}/${encodeURIComponent(id)}`))),

    forgetCart() {
      cartId = null;
      isLost = false;
      begun(false);
      onCount(0);
    },

    /** One page of the customer's orders, and whether there are more. */
    async orders(page) {
      const query = { pageNumber: page, pageSize: PAGE_SIZE, sort: "created:desc" };
      const { body, headers } = await bff.send("GET", "/api/order-v2/orders", { query });
      return { orders: body, isLast: page * PAGE_SIZE >= Number(headers.get("X-Total-Count") ?? body.length) };
    },

    placed: (id) => call("GET", `/api/order-v2/orders/${encodeURIComponent(id)}`),
  };
  return store;
}
