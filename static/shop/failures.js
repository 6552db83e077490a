/* What a call that failed is called in the words of the page. What the server says is for developers, and in English. */

import { BffError } from "../bff.js";
import { say, timeIn } from "./page.js";

const AWAY = 500;

/** The error, where a call failed; what a mistake in here has thrown goes on. */
export function ofCall(error) {
  if (error instanceof BffError) return error;
  throw error;
}

/** Whether the session is over: whoever follows it shows that by itself. */
export const isSessionOver = (error) => error.type === "login_required" || error.type === "session_expired";

export const isStale = (error) => error.type === "version_conflict";

export const isGone = (error) => error.status === 404;

/** What is wrong with a form that was sent, and what is wrong with its fields. */
export function wordsOf(error, names = []) {
  if (error.status === 429) return { alert: tooMany(error) };
  if (!error.status || error.status >= AWAY) return { alert: say("notNow") };
  const wrong = names.filter((name) => error.fields[name]);
  if (!wrong.length) return { alert: say("notAccepted") };
  return { fields: Object.fromEntries(wrong.map((name) => [name, say("checkThis")])) };
}

export function tooMany(error) {
  return error.retryAfter ? say("tooManyUntil", timeIn(error.retryAfter)) : say("tooMany");
}
