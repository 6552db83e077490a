/* The header: who is here, and the way in or out. */

import { made, onPress } from "./page.js";

export const nameOf = ({ firstName, lastName, email, id }) => [firstName, lastName].filter(Boolean).join(" ") || email || id;

export function showVisitor(session, company, { signIn, signOut }) {
  const place = document.getElementById("visitor");
  if (!session.customer) {
    const guest = made("visitor-guest");
    onPress(guest, "sign-in", signIn);
    place.replaceChildren(guest);
    return;
  }
  const customer = made("visitor-customer", { name: nameOf(session.customer), company });
  onPress(customer, "sign-out", signOut);
  place.replaceChildren(customer);
}
