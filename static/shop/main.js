/* The example shop, written with bff.js alone: which view is shown, to whom, and what becomes of it when the session
 * changes. views.js has the views; each is a module that makes a part of the page.
 */

import { createBff } from "../bff.js";
import { endingDialog } from "./ending.js";
import { isGone, isSessionOver, ofCall, tooMany } from "./failures.js";
import { enter, entered, isFilledIn, isUnsaved, settle } from "./form.js";
import { announce, banner, canSay, made, madeOne, nameWindow, onPress, say, slot, tell } from "./page.js";
import { signInDialog } from "./sign-in.js";
import { nameOf, showVisitor } from "./visitor.js";
import { hasStore, inStore, rowOf } from "./views.js";

const PATIENCE = 400;
const LOOK = { query: { extend: "false" } };

const bff = createBff();
const place = document.getElementById("view");
const dialog = signInDialog(bff);
const askWhetherToStay = endingDialog(bff, signOut);
/** Forms with what was typed and not saved, by the view's address; each with its owner, null for a guest. */
const drafts = new Map();
let session = null;
let me = null;
let shown = null;
let turn = 0;
let isLeaving = false;
let isLost = false;

const store = hasStore ? (await import("./store.js")).storefront(bff, showCount) : null;
/** Where to pay an order, by its number. */
const payments = new Map();

const shop = {
  bff,
  store,
  signIn: (why) => dialog.open(session, why),
  pay: (id, url) => /^https:/.test(url) && payments.set(id, url),
  payment: (id) => payments.get(id) ?? null,

  /** The companies of the customer, and the one they act for. */
  async companies() {
    me ??= bff.me().catch((error) => {
      me = null;
      throw error;
    });
    const listed = (await me).b2b?.legalEntities ?? [];
    return { companies: listed, acting: listed.find((one) => one.id === session.legalEntityId) ?? null };
  },
};

/** What one view is handed: `done` goes on to another after something was done, and says so. */
const shopOf = (view) => ({
  ...shop,
  get session() {
    return session;
  },
  async done(hash, text, ...more) {
    const banners = [...(text ? [banner("success", text)] : []), ...more];
    // Whoever has gone elsewhere meanwhile stays there.
    if (shown?.hash !== view) return tell(...banners);
    // The form that did it is no place to come back to.
    history.replaceState(null, "", hash);
    return show({ banners });
  },
});

const signIn = () => dialog.open(session);

async function signOut() {
  isLeaving = true;
  try {
    await bff.signOut();
  } catch (error) {
    isLeaving = false;
    if (!isSessionOver(ofCall(error))) tell(banner("warning", say("notSignedOut")));
  }
}

/** Take in what the session has become. */
function follow(next) {
  const before = session;
  const [was, is] = [before?.customer?.id, next.customer?.id];
  session = next;
  askWhetherToStay(next);
  if (was !== is) me = null;
  const brought = followStore(before, next);
  if (!before || whoIn(before) !== whoIn(next)) showWho();
  if (before && was === is) {
    // Acting for another company, perhaps since a moment ago in another tab.
    if (before.legalEntityId !== next.legalEntityId && ![...place.querySelectorAll("form")].some(isFilledIn)) show({ moves: false });
    return;
  }
  announce("");
  if (is) welcomeBack(is, before);
  else if (was) isLost = !isLeaving;
  const banners = was && isLeaving ? [banner("success", say("signedOut"))] : [];
  if (isLost && rowOf(here()).open) banners.push(banner("warning", `${say("isSignedOut")} ${whyOver()}`));
  if (was && isLeaving) drafts.clear();
  // What was typed is kept for somebody who lost the session, and for nobody else.
  if (isLeaving || (was && is)) shown = null;
  show({ banners, isNews: true, moves: before !== null, further: brought ? cartBrought() : [] });
  isLeaving = false;
}

/** Returns whether a guest who had a cart is a customer now. */
function followStore(before, next) {
  if (!store || (before && whoIn(before) === whoIn(next))) return false;
  const brings = Boolean(before && !before.customer && next.customer && store.hasCart());
  store.follow(Boolean(next.customer));
  if (before?.customer) store.forgetCart();
  else if (store.hasCart() && !brings) store.cart().catch(() => null);
  return brings;
}

// The server merges it while it signs in, or tries again with the next call for a cart.
async function cartBrought() {
  const cart = await store.cart().catch(() => null);
  return cart?.items.length ? [banner("success", say("cartBrought"))] : [];
}

function showCount(count) {
  const place = document.querySelector('.account-nav a[href="#cart"] [data-slot="count"]');
  place.textContent = count ? `(${count})` : "";
}

const whoIn = ({ customer, legalEntityId }) => JSON.stringify([customer, legalEntityId]);

function welcomeBack(id, before) {
  isLost = false;
  // A guest's own become the customer's, as the cart does.
  for (const [hash, draft] of drafts) if (draft.owner !== null && draft.owner !== id) drafts.delete(hash);
  dialog.close();
  if (before) announce(say("signedInAs", nameOf(session.customer)));
}

async function showWho() {
  const { customer, legalEntityId } = session;
  const entry = document.querySelector('nav li:has(> [href="#companies"])');
  const acts = { signIn, signOut };
  showVisitor(session, null, acts);
  entry.hidden = true;
  if (!customer) return;
  const known = await shop.companies().catch(() => null);
  if (!known || session.customer?.id !== customer.id || session.legalEntityId !== legalEntityId) return;
  entry.hidden = !known.companies.length;
  if (known.acting) showVisitor(session, known.acting.name, acts);
}

const here = () => (rowOf(location.hash) ? location.hash : (shown?.hash ?? ""));

/** Show the view that the address names. */
async function show({ banners = [], isNews = false, moves = true, further = [] } = {}) {
  const mine = ++turn;
  const hash = here();
  const row = rowOf(hash);
  putAway();
  const slow = setTimeout(() => mine === turn && put(made("view-waiting"), row), PATIENCE);
  const view = await viewOf(row, hash, isNews).finally(() => clearTimeout(slow));
  if (mine !== turn || !view) return;
  const restored = view.draft?.isBack ? [madeOne("restored")] : [];
  const late = await further;
  if (mine !== turn) return;
  const mustChange = session?.initialPassword ? [madeOne("initial-password")] : [];
  tell(...mustChange, ...banners, ...late, ...restored);
  put(view.content, row);
  shown = { hash, owner: owner(), isOpen: row.open };
  if (moves) place.querySelector("h1").focus();
}

const owner = () => session?.customer?.id ?? null;

async function viewOf(row, hash, isNews) {
  if (!session || !(session.customer || row.open)) return { content: forGuest(row, isNews) };
  const known = drafts.get(hash);
  const draft = known && (known.owner ?? owner()) === owner() ? known : null;
  if (draft) drafts.delete(hash);
  // It may have been saved since it was left.
  const isKept = draft && isUnsaved(draft.form);
  if (isKept && draft.owner === owner()) return { content: draft.nodes, draft };
  try {
    const content = await row.make(shopOf(hash), ...row.at.exec(hash).slice(1));
    // A form is another one for a customer than for the guest who began it.
    const form = isKept && content.querySelector("form");
    if (form) {
      enter(form, entered(draft.form));
      for (const one of form.elements) one.dispatchEvent(new Event("change", { bubbles: true }));
    }
    return { content };
  } catch (error) {
    return failed(ofCall(error), row);
  }
}

function put(content, row) {
  putAway();
  place.replaceChildren(...(Array.isArray(content) ? content : [content]));
  nameWindow(place.querySelector("h1").textContent);
  for (const link of document.querySelectorAll(".account-nav a")) {
    if (link.hash === row.nav) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function forGuest(row, isNews) {
  const isOver = session && (session.ended || isLost);
  const name = isOver && (isNews || !row.guests) ? "view-ended" : (row.guests ?? "view-guests-not");
  const view = made(name);
  if (name === "view-ended") {
    slot(view, "why").textContent = whyOver();
    slot(view, "kept").hidden = !drafts.size;
  }
  onPress(view, "sign-in", signIn);
  return view;
}

const whyOver = () => (canSay(session.ended) ? say(session.ended) : say("signInAgain"));

async function failed(error, row) {
  if (isSessionOver(error)) {
    // Whoever follows the session hears of it, and shows that. It may also be there again.
    const now = await bff.session(LOOK).catch(() => null);
    if (!now?.customer) return null;
  }
  if (isGone(error)) return { content: made(inStore(row) ? "view-gone" : "view-missing") };
  const why = error.status === 429 ? tooMany(error) : say(session?.customer ? "notSignedOut" : "inAMoment");
  const view = made(inStore(row) ? "view-store-failed" : "view-failed", { why });
  if (error.requestId) {
    slot(view, "number").hidden = false;
    slot(view, "number").querySelector("code").textContent = error.requestId;
  }
  onPress(view, "again", () => (session ? show() : start()));
  return { content: view };
}

// What was typed waits until its customer comes back to it, from another view or after signing in again.
function putAway() {
  const form = place.querySelector("form");
  if (!shown || !(shown.owner || shown.isOpen) || !form || isLeaving || !isUnsaved(form)) return;
  drafts.set(shown.hash, { form, nodes: [...place.childNodes], owner: shown.owner, isBack: owner() !== shown.owner });
}

async function start() {
  try {
    await bff.session();
  } catch (error) {
    const view = await failed(ofCall(error), rowOf(here()));
    if (!session && view) put(view.content, rowOf(here()));
  }
}

place.addEventListener("click", ({ target }) => {
  if (target.closest('[data-slot="cancel"]')) settle(place.querySelector("form"));
});

addEventListener("hashchange", () => {
  if (session && rowOf(location.hash)) show();
});

addEventListener("beforeunload", (event) => {
  const forms = [...drafts.values()].map((draft) => draft.form);
  if (!isLeaving && [...forms, ...place.querySelectorAll("form")].some(isUnsaved)) event.preventDefault();
});

// A page that comes out of the browser's memory shows nothing of an account before it is known that it still may.
addEventListener("pagehide", () => {
  document.body.hidden = true;
});
addEventListener("pageshow", async ({ persisted }) => {
  if (persisted) await bff.session(LOOK).catch(() => null);
  document.body.hidden = false;
});

// Somebody who comes back to the tab may have been signed out on another device meanwhile.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) bff.session(LOOK).catch(() => null);
});

bff.onSessionChange(follow);
start();
