/* Amounts, days and texts of the catalog, as people here write them. */

import { language } from "./page.js";

/** An amount with its currency; an empty text where there is none. */
export function money(amount, currency) {
  if (typeof amount !== "number" || !/^[A-Z]{3}$/.test(currency ?? "")) return "";
  return new Intl.NumberFormat(language, { style: "currency", currency }).format(amount);
}

export const priceOf = (price) => money(price?.amount, price?.currency);

export function day(time) {
  const when = new Date(time);
  return Number.isNaN(when.getTime()) ? "" : when.toLocaleDateString(language, { dateStyle: "medium" });
}

/** A text that Emporix sends in one language, or in all of them as a map. */
export function textOf(value) {
  if (typeof value === "string") return value;
  const all = value && typeof value === "object" ? value : {};
  return all[language] ?? all.en ?? Object.values(all)[0] ?? "";
}

/** What a line of a cart or of an order is called. */
export const nameOfLine = ({ product }) => textOf(product?.localizedName) || textOf(product?.name) || product?.id || "";
