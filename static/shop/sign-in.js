/* The sign-in dialog. What is typed into it goes to the shop's own server, and is forgotten when it closes. */

import { tooMany } from "./failures.js";
import { clear, complain, wire } from "./form.js";
import { madeOne, onPress, say, slot } from "./page.js";

export function signInDialog(bff) {
  const dialog = document.getElementById("sign-in");
  const form = dialog.querySelector("form");
  const password = form.querySelector("[name=password]");

  wire(form, {
    check({ email, password }) {
      return {
        ...(email ? {} : { email: say("enterEmail") }),
        ...(password ? {} : { password: say("enterPassword") }),
      };
    },
    async send({ email, password }) {
      await bff.signIn({ email, password });
      dialog.close();
    },
    explain(error) {
      password.value = "";
      if (error.status === 429) return { alert: tooMany(error) };
      // Ended while it was under way; what was typed is still good to sign in with.
      if (error.type === "session_expired") return { alert: say("signInAgain") };
      if (error.status === 403 && !/^(csrf_failed|origin_refused|forbidden)$/.test(error.type)) return { alert: say("inactive") };
      if (error.status === 400 || error.status === 401) return { alert: say("notRight") };
      return { alert: say("signInNotNow") };
    },
  });
  onPress(dialog, "close", () => dialog.close());
  dialog.addEventListener("close", () => {
    form.reset();
    clear(form);
  });

  return {
    /** Ask to sign in, and say why; `session` knows which other ways in there are. */
    open(session, why = null) {
      const reason = slot(dialog, "why");
      reason.textContent = why;
      reason.hidden = !why;
      const ways = slot(dialog, "other-ways");
      ways.hidden = !session.socialLogin.length;
      ways.querySelector("ul").replaceChildren(...session.socialLogin.map((way) => linkTo(bff, way)));
      if (!dialog.open) dialog.showModal();
      form.querySelector("[name=email]").focus();
    },
    close() {
      if (dialog.open) dialog.close();
    },
  };
}

function linkTo(bff, { connection, label }) {
  const item = madeOne("social-link");
  const link = item.querySelector("a");
  link.href = bff.socialUrl(connection, location.pathname);
  link.textContent = label;
  return item;
}
