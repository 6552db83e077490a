/* Where a customer's visit begins. */

import { made, say, slot } from "./page.js";
import { nameOf } from "./visitor.js";

export async function welcome(shop) {
  const { customer } = shop.session;
  const { companies, acting } = await shop.companies();
  const view = made("view-welcome", {
    hello: say("hello", customer.firstName || nameOf(customer)),
    email: customer.email ?? "",
    acting: acting ? say("actingFor", acting.name) : say("actingForNobody"),
  });
  slot(view, "company").hidden = !companies.length;
  return view;
}
