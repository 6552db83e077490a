/* Forms: what was entered, what is wrong with it, what stands elsewhere. The browser itself sends none of them. */

import { isSessionOver, isStale, ofCall, wordsOf } from "./failures.js";
import { madeOne, onPress, say, slot } from "./page.js";

const SLOW = 400;
const filledIn = new WeakMap();

const controls = (form) => [...form.elements].filter((one) => one.name && one.type !== "submit");

const control = (form, name) => form.querySelector(`[name="${name}"]`);

/** Fill a form in; an option that a list does not have is added to it. */
export function fill(form, values) {
  enter(form, values);
  settle(form);
}

/** Put values in as if they had been typed. */
export function enter(form, values) {
  for (const one of controls(form)) {
    if (one.name in values) put(one, values[one.name]);
  }
}

function put(one, value) {
  if (one.type === "checkbox") one.checked = value;
  else if (one.type === "radio") one.checked = one.value === value;
  else {
    if (one.options && ![...one.options].some((option) => option.value === value)) one.append(optionOf(one, value));
    one.value = value;
  }
}

function optionOf(list, value) {
  const option = list.options[0].cloneNode();
  option.value = value;
  option.textContent = value;
  return option;
}

/** What is entered, by the names of the fields. */
export function entered(form) {
  const values = {};
  for (const one of controls(form)) {
    if (one.type === "checkbox") values[one.name] = one.checked;
    else if (one.type === "radio") values[one.name] = one.checked ? one.value : (values[one.name] ?? null);
    else values[one.name] = one.type === "password" ? one.value : one.value.trim();
  }
  return values;
}

/** Note that nothing of what is entered waits to be saved. */
export function settle(form) {
  filledIn.set(form, JSON.stringify(entered(form)));
}

/** Whether a form holds what somebody may want to keep. */
export const isFilledIn = (form) => filledIn.has(form);

/** Whether something that was entered has not been saved. */
export function isUnsaved(form) {
  return filledIn.has(form) && filledIn.get(form) !== JSON.stringify(entered(form));
}

/** Say what is wrong: with the form as a whole, and with fields of it. */
export function complain(form, { alert = null, fields = {} }) {
  clear(form);
  const summary = madeOne("problem", { alert });
  const list = summary.querySelector("ul");
  for (const [name, message] of Object.entries(fields)) {
    const one = control(form, name);
    attach(one, madeOne("error", { message }), "error");
    one.setAttribute("aria-invalid", "true");
    list.append(leadingTo(one, message));
    list.hidden = false;
  }
  form.prepend(summary);
  summary.focus();
}

function leadingTo(one, message) {
  const item = madeOne("problem-of-a-field");
  const link = item.querySelector("a");
  link.href = `#${one.id}`;
  link.textContent = message;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    one.focus();
  });
  return item;
}

/** Take back what was said to be wrong, or to stand elsewhere. */
export function clear(form) {
  for (const one of form.querySelectorAll(".error-summary, .banner, .error, .elsewhere")) one.remove();
  for (const one of controls(form)) {
    one.removeAttribute("aria-invalid");
    describe(one, (ids) => ids.filter((id) => !/-(error|elsewhere)$/.test(id)));
  }
}

function attach(one, note, kind) {
  note.id = `${one.id}-${kind}`;
  (one.closest(".password") ?? one.closest(".choice") ?? one).before(note);
  describe(one, (ids) => [...ids, note.id]);
}

function describe(one, change) {
  const ids = change((one.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean));
  if (ids.length) one.setAttribute("aria-describedby", ids.join(" "));
  else one.removeAttribute("aria-describedby");
}

/**
 * Let a form be sent: what is entered is checked, then sent.
 *
 * `check` returns what is wrong by the fields' names. `explain` may put an error into words. `reread` reads what was
 * changed elsewhere, and returns it as `{was, is}`: the form's values as they were before, and as they are now.
 */
export function wire(form, { check, send, explain, reread }) {
  const button = form.querySelector("button:not([type=button])");
  const label = button.textContent;
  let isBusy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    const values = entered(form);
    const fields = check(values);
    if (Object.keys(fields).length) {
      complain(form, { fields });
      return;
    }
    isBusy = true;
    const timer = setTimeout(() => (button.textContent = say("saving")), SLOW);
    try {
      await send(values);
    } catch (error) {
      const explained = explain?.(ofCall(error));
      if (explained) complain(form, explained);
      else if (isStale(error) && reread) disagree(form, reread);
      else if (!isSessionOver(error)) complain(form, wordsOf(error, Object.keys(values)));
    } finally {
      clearTimeout(timer);
      button.textContent = label;
      isBusy = false;
    }
  });
}

// Somebody has changed the same elsewhere. What was entered stays, until its owner has seen the other.
function disagree(form, reread) {
  clear(form);
  const conflict = madeOne("conflict");
  form.prepend(conflict);
  conflict.focus();
  onPress(conflict, "compare", async (button) => {
    try {
      const { was, is } = await reread();
      compare(form, was, is);
    } catch (error) {
      if (!isSessionOver(ofCall(error))) complain(form, wordsOf(error));
      return;
    }
    button.closest(".actions").remove();
    slot(conflict, "text").textContent = say("compare");
    conflict.focus();
  });
}

function compare(form, was, is) {
  for (const one of controls(form)) {
    const { name } = one;
    if (!(name in is) || is[name] === was[name]) continue;
    if (entered(form)[name] === was[name]) put(one, is[name]);
    else if (entered(form)[name] !== is[name]) attach(one, elsewhere(one, is[name]), "elsewhere");
  }
  filledIn.set(form, JSON.stringify({ ...entered(form), ...is }));
}

function elsewhere(one, value) {
  const named = [...(one.options ?? [])].find((option) => option.value === value)?.textContent;
  const note = madeOne("elsewhere");
  note.textContent = say("elsewhereIs", (value && named) || value || say("nothing"));
  return note;
}

/** The properties that differ, as they are in `now`. */
export function difference(before, now) {
  const pairs = Object.entries(now).filter(([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value));
  return Object.fromEntries(pairs);
}
