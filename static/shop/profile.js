/* The profile: shown, and changed. */

import { etagOf } from "../bff.js";
import { difference, fill, settle, wire } from "./form.js";
import { language, made, say } from "./page.js";

const TEXTS = [
  "firstName",
  "middleName",
  "lastName",
  "contactEmail",
  "contactPhone",
  "company",
  "preferredLanguage",
  "preferredCurrency",
];
const MERGE_PATCH = "application/merge-patch+json";

const text = (value) => (typeof value === "string" ? value : "");

function valuesOf(me) {
  const values = Object.fromEntries(TEXTS.map((name) => [name, text(me[name])]));
  return { ...values, companyRegistrationId: text(me.b2b?.companyRegistrationId) };
}

/** What a code means, in the language of the page; codes that nobody knows stand for themselves. */
export function named(type, code) {
  try {
    return (code && new Intl.DisplayNames([language], { type }).of(code.replace("_", "-"))) || code;
  } catch {
    return code;
  }
}

export async function profile(shop) {
  const { firstName, middleName, lastName, ...values } = valuesOf(await shop.bff.me());
  const shown = {
    ...values,
    name: [firstName, middleName, lastName].filter(Boolean).join(" "),
    preferredLanguage: named("language", values.preferredLanguage),
    preferredCurrency: named("currency", values.preferredCurrency),
  };
  const texts = Object.entries(shown).map(([name, value]) => [name, value || say("notProvided")]);
  return made("view-profile", Object.fromEntries(texts));
}

export async function profileForm(shop) {
  let me = await shop.bff.me();
  const view = made("view-profile-form");
  const form = view.querySelector("form");
  fill(form, valuesOf(me));
  wire(form, {
    check(values) {
      const needs = {
        firstName: !values.firstName && say("enterFirstName"),
        lastName: !values.lastName && say("enterLastName"),
        contactEmail: !values.contactEmail && me.contactEmail && say("keepContactEmail"),
        company: values.companyRegistrationId && !values.company && say("enterCompany"),
      };
      return Object.fromEntries(Object.entries(needs).filter(([, message]) => message));
    },
    async send(values) {
      const changed = difference(valuesOf(me), values);
      if (Object.keys(changed).length) {
        await shop.bff.updateMe(bodyOf(changed), { ifMatch: etagOf(me), contentType: MERGE_PATCH });
      }
      settle(form);
      await shop.done("#profile", say("profileSaved"));
    },
    async reread() {
      const was = valuesOf(me);
      me = await shop.bff.me();
      return { was, is: valuesOf(me) };
    },
  });
  return view;
}

// Only what was changed is sent. A merge patch takes a choice back by null; a text is emptied.
function bodyOf({ companyRegistrationId, ...changed }) {
  const body = { ...changed };
  for (const name of ["preferredLanguage", "preferredCurrency"]) {
    if (body[name] === "") body[name] = null;
  }
  if (companyRegistrationId !== undefined) body.b2b = { companyRegistrationId };
  return body;
}
