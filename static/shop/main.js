/* The example shop, written with bff.js alone: which view is shown, to whom, and what becomes of it when the session
 * changes. A view is a module that makes a part of the page, and a row of VIEWS.
 */

import { createBff } from "../bff.js";
import { addressForm } from "./address.js";
import { addresses } from "./addresses.js";
import { companies } from "./companies.js";
import { endingDialog } from "./ending.js";
import { isGone, isSessionOver, ofCall, tooMany } from "./failures.js";
import { isUnsaved, settle } from "./form.js";
import { announce, banner, canSay, made, madeOne, nameWindow, onPress, say, slot, tell } from "./page.js";
import { profile, profileForm } from "./profile.js";
import { signInDialog } from "./sign-in.js";
import { nameOf, showVisitor } from "./visitor.js";
import { welcome } from "./welcome.js";

const VIEWS = [
  { at: /^(#welcome)?$/, make: welcome, guests: "view-welcome-guest", nav: "#welcome" },
  { at: /^#profile$/, make: profile, nav: "#profile" },
  { at: /^#change-profile$/, make: profileForm, nav: "#profile" },
  { at: /^#addresses$/, make: addresses, nav: "#addresses" },
  { at: /^#new-address$/, make: addressForm, nav: "#addresses" },
  { at: /^#address-([\w-]+)$/, make: addressForm, nav: "#addresses" },
  { at: /^#companies$/, make: companies, nav: "#companies" },
];
const PATIENCE = 400;
const LOOK = { query: { extend: "false" } };

const bff = createBff();
const place = document.getElementById("view");
const dialog = signInDialog(bff);
const askWhetherToStay = endingDialog(bff, signOut);
/** Forms with what was typed and not saved, by the view's address; of one customer. */
const drafts = new Map();
let draftsOf = null;
let session = null;
let me = null;
let shown = null;
let turn = 0;
let isLeaving = false;
let isLost = false;

const shop = {
  bff,

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
    const banners = [banner("success", text), ...more];
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
  if (!before || whoIn(before) !== whoIn(next)) showWho();
  if (before && was === is) {
    // Acting for another company, perhaps since a moment ago in another tab.
    if (before.legalEntityId !== next.legalEntityId && !place.querySelector("form")) show({ moves: false });
    return;
  }
  announce("");
  if (is) welcomeBack(is, before);
  else if (was) isLost = !isLeaving;
  const banners = was && isLeaving ? [banner("success", say("signedOut"))] : [];
  if (was && isLeaving) drafts.clear();
  // What was typed is kept for somebody who lost the session, and for nobody else.
  if (isLeaving || (was && is)) shown = null;
  show({ banners, isNews: true, moves: before !== null });
  isLeaving = false;
}

const whoIn = ({ customer, legalEntityId }) => JSON.stringify([customer, legalEntityId]);

function welcomeBack(id, before) {
  isLost = false;
  if (draftsOf !== id) drafts.clear();
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

const rowOf = (hash) => VIEWS.find((row) => row.at.test(hash));

const here = () => (rowOf(location.hash) ? location.hash : (shown?.hash ?? ""));

/** Show the view that the address names. */
async function show({ banners = [], isNews = false, moves = true } = {}) {
  const mine = ++turn;
  const hash = here();
  const row = rowOf(hash);
  putAway();
  const slow = setTimeout(() => mine === turn && put(made("view-waiting"), row), PATIENCE);
  const view = await viewOf(row, hash, isNews).finally(() => clearTimeout(slow));
  if (mine !== turn || !view) return;
  const restored = view.draft?.isBack ? [madeOne("restored")] : [];
  const mustChange = session?.initialPassword ? [madeOne("initial-password")] : [];
  tell(...mustChange, ...banners, ...restored);
  put(view.content, row);
  shown = { hash, customer: session?.customer?.id };
  if (moves) place.querySelector("h1").focus();
}

async function viewOf(row, hash, isNews) {
  if (!session?.customer) return { content: forGuest(row, isNews) };
  const draft = drafts.get(hash);
  drafts.delete(hash);
  // It may have been saved since it was left.
  if (draft && isUnsaved(draft.form)) return { content: draft.nodes, draft };
  try {
    return { content: await row.make(shopOf(hash), row.at.exec(hash)[1]) };
  } catch (error) {
    return failed(ofCall(error));
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
    slot(view, "why").textContent = canSay(session.ended) ? say(session.ended) : say("signInAgain");
    slot(view, "kept").hidden = !drafts.size;
  }
  onPress(view, "sign-in", signIn);
  return view;
}

async function failed(error) {
  if (isSessionOver(error)) {
    // Whoever follows the session hears of it, and shows that. It may also be there again.
    const now = await bff.session(LOOK).catch(() => null);
    if (!now?.customer) return null;
  }
  if (isGone(error)) return { content: made("view-missing") };
  const why = error.status === 429 ? tooMany(error) : say("notSignedOut");
  const view = made("view-failed", { why });
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
  if (!shown?.customer || !form || isLeaving || !isUnsaved(form)) return;
  draftsOf = shown.customer;
  drafts.set(shown.hash, { form, nodes: [...place.childNodes], isBack: session.customer?.id !== shown.customer });
}

async function start() {
  try {
    await bff.session();
  } catch (error) {
    const view = await failed(ofCall(error));
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
