/* What the pages do better with a script; all of it works without. */
(() => {
  "use strict";
  const page = document.body;

  // A mailed token has reached its hidden field: it need not stay in the address bar and the history.
  if (page.hasAttribute("data-clear-token") && location.search) {
    history.replaceState(null, "", location.pathname);
  }

  // Going back must not bring an account's data out of memory after the sign-out. Without the fragment, because
  // with it the browser would only scroll.
  addEventListener("pageshow", (event) => {
    if (event.persisted && page.hasAttribute("data-private")) {
      location.replace(location.pathname + location.search);
    }
  });

  // Times in the visitor's own zone; what has just been, by how long ago that is.
  const tongue = document.documentElement.lang;
  const units = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 60]];
  for (const time of document.querySelectorAll("time[datetime$=Z]")) {
    const then = new Date(time.dateTime);
    const seconds = Math.max(0, (Date.now() - then) / 1000);
    const whole = new Intl.DateTimeFormat(tongue, { dateStyle: "medium", timeStyle: "short" }).format(then);
    const [unit, size] = units.find(([, most]) => seconds >= most) || units[3];
    const isNear = time.hasAttribute("data-ago") && seconds < 7 * 86400;
    const near = new Intl.RelativeTimeFormat(tongue, { numeric: "auto" }).format(-Math.floor(seconds / size), unit);
    time.title = whole;
    time.textContent = isNear ? near : whole;
  }

  for (const button of document.querySelectorAll("button[data-shows]")) {
    const field = document.getElementById(button.dataset.shows);
    const say = (shown) => {
      field.type = shown ? "text" : "password";
      button.textContent = shown ? button.dataset.hide : button.dataset.show;
      button.setAttribute("aria-label", shown ? button.dataset.hideName : button.dataset.showName);
    };
    button.addEventListener("click", () => say(field.type === "password"));
    // Browsers keep what was typed into a text field; into a password field they do not.
    field.form.addEventListener("submit", () => say(false));
    button.hidden = false;
  }

  // Roughly how hard a new password is to guess, while it is typed; nothing is sent, and the server's rule decides.
  for (const told of document.querySelectorAll(".strength")) {
    const field = told.parentNode.querySelector("input");
    const { least } = told.dataset;
    let last = 0;
    field.addEventListener("input", () => {
      const typed = field.value;
      // What stands in the form's other fields, and letters that repeat the one before or follow it, tell nothing.
      let text = typed.toLowerCase();
      for (const { type, value } of field.form.elements) {
        if (type !== "email" && (type !== "text" || value === typed)) continue;
        for (const word of value.toLowerCase().match(/[\p{L}\d]{3,}/gu) || []) text = text.replaceAll(word, "");
      }
      const codes = [...text].map((letter) => letter.codePointAt());
      const telling = Math.min(
        codes.filter((code, at) => !(Math.abs(code - codes[at - 1]) < 2)).length,
        new Set(codes).size + 4,
      );
      const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(typed)).length;
      const points = telling + 2 * kinds;
      const level = [...typed].length < least ? Number(typed !== "") : points < 13 ? 2 : points < 19 ? 3 : 4;
      if (level === last) return;
      last = told.dataset.level = level;
      told.textContent = ["", told.dataset.short, told.dataset.weak, told.dataset.good, told.dataset.best][level];
    });
  }

  // Who picks another country by finger or mouse sees its fields; by keys, names are passed on the way to the one meant.
  // With a password in the form it is left to the button: the page that answers would have none.
  for (const turn of document.querySelectorAll("button[name=changeCountry]")) {
    const select = turn.form.elements.namedItem("country");
    const password = turn.form.querySelector("[type=password]");
    let byKeys = false;
    select.addEventListener("keydown", () => (byKeys = true));
    select.addEventListener("pointerdown", () => (byKeys = false));
    select.addEventListener("change", () => byKeys || password?.value || turn.form.requestSubmit(turn));
  }

  // The page in another language is a new one: who has entered something is asked first.
  const isChanged = (field) => {
    if (!field.options) return field.value !== field.defaultValue || field.checked !== field.defaultChecked;
    return field.selectedIndex !== Math.max(0, [...field.options].findIndex((one) => one.defaultSelected));
  };
  for (const form of document.querySelectorAll(".languages form")) {
    form.addEventListener("submit", (event) => {
      const fields = document.querySelectorAll("main input:not([type=hidden]), main select, main textarea");
      const isBack = document.querySelector(".error-summary");
      if ((isBack || [...fields].some(isChanged)) && !confirm(page.dataset.unsaved)) event.preventDefault();
    });
  }

  // Where an answer takes its time, the button says so, also aloud, and a second press does nothing; where none comes
  // (the browser's own stop button tells nobody), it can be pressed again.
  const progress = document.querySelector("[data-progress]");
  for (const form of document.querySelectorAll("form[method=post]")) {
    let isSent = false;
    form.addEventListener("submit", (event) => {
      const { submitter } = event;
      if (isSent) event.preventDefault();
      if (event.defaultPrevented || !submitter) return;
      isSent = true;
      const label = [...submitter.childNodes];
      const say = (waits, ...words) => {
        isSent = waits;
        // Disabled, it would lose the focus.
        submitter.setAttribute("aria-disabled", waits);
        submitter.replaceChildren(...words);
        if (progress) progress.textContent = waits ? page.dataset.saving : "";
      };
      const restore = () => say(false, ...label);
      const timers = [setTimeout(say, 400, true, page.dataset.saving), setTimeout(restore, 20000)];
      addEventListener("pagehide", () => timers.forEach(clearTimeout));
      addEventListener("pageshow", restore);
    });
  }
})();
