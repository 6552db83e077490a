/* What the page gives the modules: words in its language, and templates to clone. Text is put in as text, never as markup. */

const byId = (id) => document.getElementById(id);

const words = new Map([...byId("words").content.querySelectorAll("[data-slot]")].map((one) => [slotOf(one), one.textContent]));

export const language = document.documentElement.lang;

function slotOf(element) {
  return element.dataset.slot;
}

/** A text of the page, with a value in place of `{}`. */
export const say = (name, value) => words.get(name).replace("{}", () => value);

/** Whether there is such a text. */
export const canSay = (name) => words.has(name);

/** A time of day, as people here write it. */
export function timeIn(seconds) {
  const when = new Date(Date.now() + seconds * 1000);
  return when.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
}

/** What a template holds, with texts in its slots; a text that is null leaves its slot as it is. */
export function made(template, texts = {}) {
  const fragment = byId(template).content.cloneNode(true);
  for (const [name, text] of Object.entries(texts)) {
    for (const one of slots(fragment, name)) {
      one.textContent = text ?? "";
      one.hidden = text === null;
    }
  }
  return fragment;
}

/** The one element that a template holds. */
export function madeOne(template, texts) {
  return made(template, texts).firstElementChild;
}

export const slot = (root, name) => root.querySelector(`[data-slot="${name}"]`);

const slots = (root, name) => root.querySelectorAll(`[data-slot="${name}"]`);

/** Do something when what is in a slot is pressed; not again while it is being done. */
export function onPress(root, name, act) {
  const button = slot(root, name);
  let isBusy = false;
  button?.addEventListener("click", async () => {
    if (isBusy) return;
    isBusy = true;
    try {
      await act(button);
    } finally {
      isBusy = false;
    }
  });
}

/** Show a banner above the view, in place of those that are there. */
export function tell(...banners) {
  byId("banners").replaceChildren(...banners);
}

/** A banner of one sentence: `success` or `warning`. */
export function banner(kind, text) {
  const one = madeOne(kind);
  one.querySelector("p").textContent = text;
  return one;
}

/** Say something to those who hear the page. */
export function announce(text) {
  byId("announced").textContent = text;
}

export function nameWindow(heading) {
  document.querySelector("title").textContent = `${heading} - ${say("title")}`;
}
