/* The checkout: where to, how, and paid by what. Nothing is ordered twice, and nothing at another total than was shown. */

import { text, tagsOf } from "./addresses.js";
import { sums } from "./cart.js";
import { ofCall } from "./failures.js";
import { complain, entered, fill, settle, wire } from "./form.js";
import { money, nameOfLine, priceOf, textOf } from "./money.js";
import { banner, canSay, made, madeOne, say, slot } from "./page.js";
import { named } from "./profile.js";

const ADDRESS = ["contactName", "street", "streetNumber", "zipCode", "city", "country", "contactPhone"];
const NEEDED = ["firstName", "lastName", "email", "contactName", "street", "zipCode", "city", "country"];
/** Ways to pay that need no script of a provider's in the page. */
const PAID_WITHOUT_SCRIPTS = new Set(["EXTERNAL", "OFFSITE"]);

export async function checkout(shop) {
  const { store, bff } = shop;
  const { customer } = shop.session;
  let cart = await store.cart();
  if (!cart?.items.length) return made("view-cart-empty");
  const [here, modes, book] = await Promise.all([store.place(), store.paymentModes(), customer ? bff.addresses() : []]);
  const view = made("view-checkout");
  const form = view.querySelector("form");
  slot(view, "email").hidden = Boolean(customer);
  form.elements.country.replaceChildren(...(here.site.shipToCountries ?? [here.country]).map((code) => new Option(named("region", code), code)));
  offerAddresses(form, book);
  offer(form, "payment", modes.filter((mode) => PAID_WITHOUT_SCRIPTS.has(mode.integrationType)).map(wayToPay));
  const usual = book.find((one) => tagsOf(one).includes("SHIPPING") && one.isDefault) ?? book[0];
  const [firstName, lastName] = [text(customer?.firstName), text(customer?.lastName)];
  fill(form, { firstName, lastName, email: text(customer?.email), country: here.country, ...partsOf(usual), savedAddress: usual?.id ?? "" });
  let ways = [];
  let turn = 0;
  const chosenWay = () => ways.find((way) => keyOf(way) === entered(form).shipping);
  showCart();

  function showCart() {
    slot(form, "lines").replaceChildren(...cart.items.map(lineOf));
    for (const [name, value] of Object.entries(sums(cart))) {
      if (slot(form, name)) slot(form, name).textContent = value;
    }
    showTotal();
  }

  function showTotal() {
    const fee = chosenWay()?.fee;
    slot(form, "fee").textContent = fee ? priceOf(fee) : say("notKnownYet");
    slot(form, "total").textContent = money(cart.totalPrice.amount + (fee?.amount ?? 0), cart.currency);
  }

  /** Ask what delivery to this address costs; a choice that is still there stays. */
  async function offerWays() {
    const { zipCode, country, shipping } = entered(form);
    const note = slot(form, "no-way");
    let problem = zipCode ? null : say("whereFirst");
    let found = [];
    const mine = ++turn;
    if (zipCode) {
      try {
        found = await store.deliveries(cart, { zipCode, country });
      } catch (error) {
        problem = say(ofCall(error).status === 404 ? "notThere" : "waysNotNow");
      }
    }
    // The address has been changed again meanwhile.
    if (mine !== turn) return;
    ways = found;
    offer(form, "shipping", ways.map((way) => ({ value: keyOf(way), label: `${textOf(way.name)}: ${priceOf(way.fee)}` })), shipping);
    note.textContent = problem ?? "";
    note.hidden = !problem;
    showTotal();
  }

  form.elements.savedAddress.addEventListener("change", () => {
    const one = book.find(({ id }) => id === form.elements.savedAddress.value);
    if (!one) return;
    for (const [name, value] of Object.entries(partsOf(one))) form.elements[name].value = value;
    offerWays();
  });
  form.addEventListener("change", ({ target }) => {
    if (target.name === "zipCode" || target.name === "country") offerWays();
    else if (target.name === "shipping") showTotal();
  });
  await offerWays();
  settle(form);

  wire(form, {
    check(values) {
      const missing = NEEDED.filter((name) => !values[name] && !(customer && name === "email"));
      const wrong = Object.fromEntries(missing.map((name) => [name, say(`needs-${name}`)]));
      if (ways.length && !values.shipping) wrong.shipping = say("chooseDelivery");
      if (!ways.length && !wrong.zipCode) wrong.country = say("notThere");
      if (!values.payment) wrong.payment = say("choosePayment");
      return wrong;
    },
    async send(values) {
      const now = await store.cart();
      if (!now?.items.length || now.id !== cart.id) {
        settle(form);
        return shop.done("#cart", null, banner("warning", say("cartChangedElsewhere")));
      }
      const [was, is] = [cart, now].map((one) => priceOf(one.totalPrice));
      cart = now;
      showCart();
      if (was !== is) {
        await offerWays();
        return complain(form, { alert: say("cameTo", was).replace("{}", () => is) });
      }
      const placed = await place(orderOf(values));
      if (!placed) return null;
      settle(form);
      store.forgetCart();
      shop.pay(placed.orderId, placed.paymentDetails?.externalPaymentRedirectURL);
      return shop.done(`#ordered-${placed.orderId}`, say("ordered"));
    },
    explain(error) {
      if (error.type === "reauthentication_required") {
        shop.signIn(say("proveToOrder"));
        return { alert: say("proveToOrder") };
      }
      if (!error.status || error.status >= 500) return { alert: say("orderNotKnown") };
      return error.status === 404 || error.status === 409 ? { alert: say("cartNotReady") } : null;
    },
  });

  // Whether an order whose answer was lost has been placed, only its cart tells.
  async function place(body) {
    try {
      return await store.order(body);
    } catch (error) {
      const { status } = ofCall(error);
      if ((status && status < 500) || !(await store.isOrdered(cart.id))) throw error;
    }
    settle(form);
    store.forgetCart();
    await shop.done(customer ? "#orders" : "#cart", null, banner("warning", say("orderPerhaps")));
    return null;
  }

  function orderOf(values) {
    const way = chosenWay();
    const mode = modes.find(({ id }) => id === values.payment);
    const address = Object.fromEntries(ADDRESS.filter((name) => values[name]).map((name) => [name, values[name]]));
    const { firstName, lastName } = values;
    const who = customer ? { id: customer.id, email: customer.email } : { email: values.email, guest: true };
    return {
      cartId: cart.id,
      currency: cart.currency,
      customer: { ...who, firstName, lastName },
      addresses: ["SHIPPING", "BILLING"].map((type) => ({ ...address, type })),
      shipping: {
        zoneId: way.zoneId,
        methodId: way.id,
        methodName: textOf(way.name),
        amount: way.fee.amount,
        shippingTaxCode: way.shippingTaxCode,
      },
      paymentMethods: [{ provider: "payment-gateway", method: mode.code, customAttributes: { modeId: mode.id } }],
    };
  }

  return view;
}

const keyOf = (way) => `${way.zoneId}/${way.id}`;

const partsOf = (address) => Object.fromEntries(address ? ADDRESS.map((name) => [name, text(address[name])]) : []);

const wayToPay = ({ id, paymentMethodType }) => ({ value: id, label: canSay(`pay-${paymentMethodType}`) ? say(`pay-${paymentMethodType}`) : id });

function offerAddresses(form, book) {
  const list = form.elements.savedAddress;
  const lines = book.map((one) => new Option([text(one.contactName), text(one.street), text(one.city)].filter(Boolean).join(", "), one.id));
  list.append(...lines);
  list.closest(".field").hidden = !book.length;
}

function offer(form, name, options, chosen = null) {
  const choices = options.map(({ value, label }, number) => {
    const choice = madeOne("checkout-choice");
    const [input, caption] = [choice.querySelector("input"), choice.querySelector("label")];
    Object.assign(input, { name, value, id: `${name}-${number}`, checked: value === chosen || options.length === 1 });
    caption.htmlFor = input.id;
    caption.textContent = label;
    return choice;
  });
  slot(form, name).replaceChildren(...choices);
}

const lineOf = (line) =>
  madeOne("order-line", { name: nameOfLine(line), amount: say("times", String(line.quantity)), sum: priceOf(line.itemPrice) });
