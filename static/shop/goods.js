/* Products: searched for, looked at, put into the cart. */

import { isSessionOver, ofCall, wordsOf } from "./failures.js";
import { money, textOf } from "./money.js";
import { banner, made, madeOne, onPress, say, slot, tell } from "./page.js";

const FEW = 5;

const hashOf = (page, words) => `#goods-${page}-${encodeURIComponent(words)}`;

export async function goods(shop, page = "1", searched = "") {
  const { store } = shop;
  const [number, words] = [Number(page) || 1, decoded(searched)];
  const { products, total, isLast } = await store.products(words, number);
  const ids = products.map((one) => one.id);
  const [here, prices, stock] = await Promise.all([store.place(), store.prices(ids), store.stock(ids)]);
  const view = made("view-goods", {
    place: `${here.site.name}, ${here.currency}`,
    found: say(total === 1 ? "foundOne" : "foundMany", String(total)),
  });
  const form = view.querySelector("form");
  form.elements.q.value = words;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.hash = hashOf(1, form.elements.q.value.trim());
  });
  view.querySelector("ul").append(...products.map((one) => cardOf(shop, one, prices.get(one.id), stock.get(one.id))));
  const isFirst = number === 1;
  slot(view, "earlier").hidden = isFirst;
  slot(view, "later").hidden = isLast;
  view.querySelector(".pages").hidden = isFirst && isLast;
  slot(view, "earlier").href = hashOf(number - 1, words);
  slot(view, "later").href = hashOf(number + 1, words);
  return view;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function cardOf(shop, product, price, stock) {
  const name = textOf(product.name) || product.id;
  const card = madeOne("product-card", { name, of: ` ${say("ofProduct", name)}`, ...said(price, stock) });
  card.querySelector("h2 a").href = `#product-${product.id}`;
  if (canBuy(price, stock)) onPress(card, "add", () => add(shop, product, price, 1));
  else slot(card, "add").remove();
  return card;
}

const canBuy = (price, stock) => price && stock?.available !== false;

function said(price, stock) {
  let left = say("inStock");
  if (stock?.available === false) left = say("soldOut");
  else if (stock?.stockLevel <= FEW) left = say("fewLeft", String(stock.stockLevel));
  return { price: price ? money(price.effectiveValue, price.currency) : say("noPrice"), stock: left };
}

export async function product(shop, id) {
  const { store } = shop;
  const [one, prices, stocks] = await Promise.all([store.product(id), store.prices([id]), store.stock([id])]);
  const [price, stock] = [prices.get(id), stocks.get(id)];
  const view = made("view-product", {
    name: textOf(one.name) || one.id,
    description: textOf(one.description),
    brand: textOf(one.brand?.name) || say("notProvided"),
    tax: say(price?.includesTax ? "taxIncluded" : "taxOnTop"),
    ...said(price, stock),
  });
  const form = view.querySelector("form");
  form.hidden = !canBuy(price, stock);
  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    await add(shop, one, price, Math.max(1, Math.trunc(Number(form.elements.quantity.value)) || 1)).finally(() => (isBusy = false));
  });
  return view;
}

async function add(shop, product, price, quantity) {
  const name = textOf(product.name) || product.id;
  try {
    const isNew = await shop.store.add(product, price, quantity);
    const done = banner("success", say("added", name));
    done.append(madeOne("to-cart"));
    tell(done, ...(isNew ? [banner("warning", say("cartBegunAnew"))] : []));
    // It is in, whether or not the number of things can be told.
    await shop.store.cart().catch(ofCall);
  } catch (error) {
    if (!isSessionOver(ofCall(error))) tell(banner("warning", wordsOf(error).alert ?? say("notAccepted")));
  }
}
