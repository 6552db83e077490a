/* The customer's orders, and the page that says one was placed. */

import { day, money, nameOfLine, priceOf } from "./money.js";
import { canSay, made, madeOne, say, slot } from "./page.js";

const statusOf = ({ status }) => (canSay(`status${status}`) ? say(`status${status}`) : status);

export async function orders(shop, page = "1") {
  const number = Number(page) || 1;
  const { orders: found, isLast } = await shop.store.orders(number);
  const view = made("view-orders");
  slot(view, "none").hidden = found.length > 0;
  view.querySelector("ul").append(...found.map(cardOf));
  slot(view, "earlier").hidden = number === 1;
  slot(view, "later").hidden = isLast;
  view.querySelector(".pages").hidden = number === 1 && isLast;
  slot(view, "earlier").href = `#orders-${number - 1}`;
  slot(view, "later").href = `#orders-${number + 1}`;
  return view;
}

function cardOf(order) {
  const card = madeOne("order-card", {
    id: order.id,
    of: ` ${say("ofOrder", order.id)}`,
    when: `${day(order.created)}, ${statusOf(order)}`,
    total: money(order.totalPrice, order.currency),
  });
  slot(card, "open").href = `#order-${order.id}`;
  return card;
}

export async function order(shop, id) {
  const one = await shop.store.placed(id);
  const view = made("view-order", {
    heading: say("orderNumber", one.id),
    when: day(one.created),
    status: statusOf(one),
    delivery: [one.shipping?.lines?.[0]?.name, priceOf(one.shipping?.total)].filter(Boolean).join(", "),
    total: money(one.totalPrice, one.currency),
  });
  const lines = (one.entries ?? []).map((entry) =>
    madeOne("order-line", {
      name: nameOfLine(entry),
      amount: say("times", String(entry.amount)),
      sum: money(entry.totalPrice, one.currency),
    }),
  );
  view.querySelector("ul").append(...lines);
  return view;
}

/** An order was placed; it may be paid elsewhere. */
export async function ordered(shop, id) {
  const view = made("view-ordered", { thanks: say("thanks", id) });
  const to = shop.payment(id);
  slot(view, "pay").hidden = !to;
  if (to) slot(view, "pay").querySelector("a").href = to;
  slot(view, "open").hidden = !shop.session.customer;
  slot(view, "open").querySelector("a").href = `#order-${id}`;
  return view;
}
