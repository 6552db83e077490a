/* What the page of JSON routes does with a script: 'Try it', and opening what a link leads to. */
(() => {
  "use strict";
  const page = document.body;
  const header = page.dataset.tokenHeader;
  let token = null;

  const keep = (value) => {
    token = value;
    for (const input of document.querySelectorAll("[data-token]")) input.value = value;
  };

  const fetchToken = async () => {
    const answer = await fetch(page.dataset.session);
    if (answer.ok) keep((await answer.json()).csrfToken);
  };

  const readable = (text) => {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  };

  // Browsers take these out of a path, and a part of it with them: another route would be asked.
  const isNoSegment = (value) => /^\.{0,2}$/.test(value);

  // The path with its parameters in place, and what goes beside it.
  const requestOf = (trial) => {
    let path = trial.dataset.path;
    const query = new URLSearchParams();
    const headers = new Headers();
    for (const { name, value, dataset } of trial.querySelectorAll("[data-place]")) {
      if (dataset.place === "path" && isNoSegment(value)) throw new TypeError(name);
      if (dataset.place === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
      else if (value && dataset.place === "query") query.append(name, value);
      else if (value) headers.set(name, value);
    }
    const body = trial.querySelector("[data-body]")?.value.trim() || undefined;
    if (body !== undefined) {
      JSON.parse(body);
      headers.set("Content-Type", trial.querySelector("[data-media]")?.value ?? "application/json");
    }
    const beside = query.toString();
    return [beside ? `${path}?${beside}` : path, { method: trial.dataset.method, headers, body }];
  };

  const send = async (trial) => {
    const [button, status, words, result] = ["button", ".status", ".words", ".result"].map((name) =>
      trial.closest(".try").querySelector(name),
    );
    if (button.ariaDisabled === "true") return;
    const say = (code, text, body = "") => {
      status.textContent = code;
      status.classList.toggle("bad", code >= 400);
      words.textContent = text;
      result.textContent = body;
      result.hidden = !body;
    };
    let path, options;
    try {
      [path, options] = requestOf(trial);
    } catch (error) {
      say("", error instanceof SyntaxError ? page.dataset.badJson : page.dataset.badParameter);
      return;
    }
    button.ariaDisabled = "true";
    say("", page.dataset.sending);
    try {
      const answer = await fetch(path, options);
      const text = await answer.text();
      const fields = page.dataset.headers.split(" ").filter((name) => answer.headers.has(name));
      const lines = fields.map((name) => `${name}: ${answer.headers.get(name)}`).join("\n");
      const said = [`${answer.statusText} · ${options.method} ${path}`];
      if (answer.headers.has(header)) keep(answer.headers.get(header));
      else if (answer.status === 403 && text.includes('"csrf_failed"')) {
        await fetchToken();
        said.push(page.dataset.renewed);
      }
      say(answer.status, said.join(" "), [lines, readable(text) || page.dataset.noBody].filter(Boolean).join("\n\n"));
    } catch {
      say("", page.dataset.noAnswer);
    }
    button.ariaDisabled = "false";
  };

  for (const details of document.querySelectorAll(".try")) {
    details.hidden = false;
    // Whoever only reads has no session made for them.
    details.addEventListener("toggle", () => {
      if (details.open && token === null && details.querySelector("[data-token]")) fetchToken().catch(() => {});
    });
    const trial = details.querySelector(".trial");
    trial.querySelector("button").addEventListener("click", () => send(trial));
  }

  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();
})();
