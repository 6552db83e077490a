/* The company that a customer acts for. */

import { fill, settle, wire } from "./form.js";
import { made, madeOne, say } from "./page.js";

export async function companies(shop) {
  const { companies, acting } = await shop.companies();
  const view = made("view-companies");
  const form = view.querySelector("form");
  const all = [{ id: "", name: say("justMyself") }, ...companies];
  form.querySelector("fieldset").append(...all.map(choiceOf));
  fill(form, { legalEntityId: acting?.id ?? "" });
  wire(form, {
    check: ({ legalEntityId }) => (legalEntityId === null ? { legalEntityId: say("chooseWho") } : {}),
    async send({ legalEntityId }) {
      await shop.bff.refreshSession({ legalEntityId: legalEntityId || null });
      settle(form);
      await shop.done("#companies", say(legalEntityId ? "nowForCompany" : "nowForMyself"));
    },
    explain(error) {
      const isRefused = error.status === 400 || (error.status === 403 && error.type !== "csrf_failed");
      return isRefused ? { fields: { legalEntityId: say("notThisCompany") } } : null;
    },
  });
  return view;
}

function choiceOf({ id, name }, number) {
  const choice = madeOne("company-choice");
  const input = choice.querySelector("input");
  const label = choice.querySelector("label");
  input.value = id;
  input.id = `legalEntityId-${number}`;
  label.htmlFor = input.id;
  label.textContent = name;
  return choice;
}
