/* The cart: its lines, what it comes to, coupons. What has changed elsewhere is told, never silently taken. */

import { isGone, isSessionOver, ofCall, tooMany, wordsOf } from "./failures.js";
import { money, nameOfLine, priceOf } from "./money.js";
import { banner, made, madeOne, onPress, say, slot, tell } from "./page.js";

export async function cart(shop) {
  const { store } = shop;
  const found = await store.cart();
  if (!found?.items.length) return made("view-cart-empty");
  const { isValid } = await store.validate();
  const view = made("view-cart", sums(found));
  view.querySelector(".lines").append(...found.items.map((line) => lineOf(shop, line)));
  view.querySelector(".coupons").append(...(found.discounts ?? []).map((one) => couponOf(shop, one)));
  slot(view, "stale").hidden = isValid !== false;
  onPress(view, "refresh", () => change(shop, () => store.refresh(), say("pricesTaken")));
  const form = view.querySelector("section form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const code = form.elements.code.value.trim();
    if (code) change(shop, () => store.redeem(code), say("couponTaken"), couponWords);
  });
  return view;
}

/** What a cart comes to, in words. */
export const sums = (cart) => ({
  subtotal: priceOf(cart.subTotalPrice),
  discount: money(0 - (cart.totalDiscount?.amount ?? 0), cart.currency),
  fees: money(cart.itemFeesTotal?.total ?? 0, cart.currency),
  tax: priceOf(cart.totalTax),
  total: priceOf(cart.totalPrice),
});

function lineOf(shop, line) {
  const name = nameOfLine(line);
  const item = madeOne("cart-line", {
    name,
    of: ` ${say("ofProduct", name)}`,
    each: money(line.price?.effectiveAmount, line.price?.currency),
    sum: priceOf(line.itemPrice),
  });
  item.querySelector("h2 a").href = `#product-${line.product?.id}`;
  const form = item.querySelector("form");
  const { quantity } = form.elements;
  quantity.value = String(line.quantity);
  quantity.id = `quantity-${line.id}`;
  form.querySelector("label").htmlFor = quantity.id;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = Math.trunc(Number(quantity.value));
    if (wanted > 0) change(shop, () => shop.store.setQuantity(line.id, wanted), say("cartChanged"));
  });
  onPress(item, "remove", () => change(shop, () => shop.store.remove(line.id), say("removed", name)));
  return item;
}

function couponOf(shop, discount) {
  const item = madeOne("cart-coupon", {
    code: discount.code,
    amount: money(-discount.amount, discount.currency),
    of: ` ${say("ofCoupon", discount.code)}`,
  });
  onPress(item, "remove", () => change(shop, () => shop.store.takeBack(discount.discountIndex), say("couponGone")));
  return item;
}

const couponWords = (error) => (error.status === 429 ? tooMany(error) : error.status < 500 && error.status ? say("couponNot") : null);

let isChanging = false;

async function change(shop, act, done, explain = () => null) {
  if (isChanging) return;
  isChanging = true;
  try {
    await act();
    await shop.done("#cart", done);
  } catch (error) {
    const failed = ofCall(error);
    if (isSessionOver(failed)) return;
    const why = explain(failed);
    // Ordered or merged on another device, or the line is gone: what is there now says more.
    if (isGone(failed) && !why) await shop.done("#cart", null, banner("warning", say("cartChangedElsewhere")));
    else tell(banner("warning", why ?? wordsOf(failed).alert ?? say("notAccepted")));
  } finally {
    isChanging = false;
  }
}
