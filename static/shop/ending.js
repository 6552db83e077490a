/* The question whether somebody is still there, asked before a session ends. */

import { onPress, say, slot, timeIn } from "./page.js";

/** Returns what to call with each session: it asks while the session is about to end. */
export function endingDialog(bff, signOut) {
  const dialog = document.getElementById("ending");
  const stay = slot(dialog, "stay");
  const goOn = slot(dialog, "go-on");

  onPress(dialog, "stay", async () => {
    // Whether it did or not, the next answer says so.
    await bff.extendSession().catch(() => null);
    dialog.close();
  });
  onPress(dialog, "go-on", () => dialog.close());
  onPress(dialog, "leave", async () => {
    dialog.close();
    await signOut();
  });

  return (session) => {
    if (!session.ending) {
      if (dialog.open) dialog.close();
      return;
    }
    const isForGood = session.expiresIn >= session.lifetimeExpiresIn;
    slot(dialog, "when").textContent = say(isForGood ? "endsForGood" : "endsAt", timeIn(session.expiresIn));
    stay.hidden = isForGood;
    goOn.hidden = !isForGood;
    if (!dialog.open) dialog.showModal();
  };
}
