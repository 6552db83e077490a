// How a shop calls rows that a file declares: ids, bodies of any shape, lists, documents, totals.
import { createBff } from "./bff.js";

const bff = createBff();

export async function shop(signal: AbortSignal): Promise<void> {
  const cart = await bff.cartBySite({ query: { siteCode: "main" }, signal });
  await bff.cartCreate({ siteCode: "main" });
  const id: unknown = cart["id"];
  const added = await bff.cartItemAdd(String(id), { quantity: 1, itemYrn: "x" }, { query: { siteCode: "de" } });
  const told: Record<string, unknown> = added;
  const changed: unknown[] = await bff.cartItemsChange(String(id), [{ id: "1", quantity: 2 }]);
  await bff.cartSiteChange(String(id), { siteCode: "x.y", note: told["id"] });
  const nothing: undefined = await bff.cartDelete(String(id));
  const order = await bff.checkoutOrder({ cartId: id, changed, nothing });
  const orders: unknown[] = await bff.orders({ query: { pageNumber: 1, pageSize: 20, total: true, expand: "full" } });
  const company = await bff.companyOrders("EON1");
  const context = await bff.context();
  await bff.contextChange({ currency: "EUR" }, { ifMatch: context, contentType: "application/merge-patch+json" });
  const byCode = new URLSearchParams([
    ["code", "a"],
    ["code", "b"],
  ]);
  const products: unknown[] = [...(await bff.productsByCode({ query: byCode })), await bff.product("a")];
  await bff.productsByCode({ query: { code: "a", offset: 0 } });
  await bff.availability("a", "main");
  const prices: unknown = await bff.pricesMatch([{ itemId: "a" }]);
  const document: Blob = await bff.quoteDocument("q1");
  await bff.chat({ message: "Hello" }, { query: { "session-id": "c1" } });
  await bff.chat();
  await bff.colleagueRemove("g1", "u1");
  const { headers, body } = await bff.send("GET", "/api/order-v2/orders", { query: { pageSize: 5 } });
  const total = Number(headers.get("X-Total-Count"));
  const typed: unknown[] = body;
  console.log(order, orders, company, products, prices, document.size, total, typed, await bff.brands(), await bff.points());
}
