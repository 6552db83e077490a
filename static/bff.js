/* The shop for scripts, in browsers and on servers; bff.d.ts describes it. Importing it does nothing. */

// Each method's route, and whether it takes a body.
const OPERATIONS = {
  session: "GET /api/session",
  validateSession: "GET /api/session/validate",
  refreshSession: "POST /api/session/refresh body",
  login: "POST /api/login body",
  logout: "POST /api/logout",
  signUp: "POST /api/signup body",
  confirmSignUp: "POST /api/signup/optin body",
  resendActivation: "POST /api/signup/optin/refresh_token body",
  me: "GET /api/me",
  updateMe: "PATCH /api/me body",
  deleteMe: "DELETE /api/me",
  confirmDeletion: "POST /api/me/delete/confirm body",
  addLogin: "POST /api/me/accounts/internal body",
  addresses: "GET /api/me/addresses",
  addAddress: "POST /api/me/addresses body",
  address: "GET /api/me/addresses/{addressId}",
  updateAddress: "PATCH /api/me/addresses/{addressId} body",
  deleteAddress: "DELETE /api/me/addresses/{addressId}",
  addTags: "POST /api/me/addresses/{addressId}/tags",
  removeTags: "DELETE /api/me/addresses/{addressId}/tags",
  changeEmail: "POST /api/me/accounts/internal/email/change body",
  confirmEmailChange: "POST /api/me/accounts/internal/email/change/confirm body",
  requestPasswordReset: "POST /api/password/reset body",
  resetPassword: "POST /api/password/reset/update body",
  changePassword: "POST /api/password/change body",
  devices: "GET /api/sessions",
  endDevice: "DELETE /api/sessions/{id}",
  endOtherDevices: "DELETE /api/sessions",
};
const MESSAGES = {
  network_error: "No whole answer came.",
  unreadable_answer: "The answer is not the shop's.",
};
const inBrowser = typeof document !== "undefined";
const builtIn = (...given) => fetch(...given);

/** Why a call failed. */
export class BffError extends Error {
  name = "BffError";
  fields = Object.create(null);

  constructor({ status = 0, type, message, details = [], requestId = null, retryAfter = null, ended = null, cause }) {
    super(message, { cause });
    Object.assign(this, { status, type, details, requestId, retryAfter, ended });
    for (const { field, message } of details) if (field) this.fields[field] ??= message;
  }
}

/** The tag of a profile or an address that was read. */
export function etagOf(resource) {
  const version = resource?.metadata?.version;
  return version == null ? null : `"${version}"`;
}

/** A client of the shop at `base`. */
export function createBff({ base = "", fetch = builtIn, warnBefore = 120 } = {}) {
  const listeners = new Set();
  let known, token, asking, timer, channel;
  // Counts what makes older answers wrong: sign-ins, sign-outs.
  let turn = 0;

  // Sends once, and notes what is told.
  async function exchange(method, path, headers, body, signal) {
    const changes = method !== "GET";
    let asOf = turn;
    let type = "network_error";
    let response, rotated, content, error, failed;
    try {
      response = await fetch(base + path, { method, headers, body, signal, redirect: "manual" });
      rotated = response.headers.get("X-CSRF-Token");
      if (rotated) {
        token = rotated;
        asOf = next();
      }
      const data = await response.blob();
      type = "unreadable_answer";
      if (response.ok && /pdf/.test(data.type)) content = data;
      // Firefox takes a body that was cut for a whole one.
      else if (data.size || +response.headers.get("Content-Length")) content = JSON.parse(await data.text());
      failed = !response.ok;
      if (failed) {
        if (typeof content?.type !== "string") throw content;
        error = new BffError({ ...told(response), ...content, status: response.status });
      }
    } catch (cause) {
      failed = true;
      error = signal?.aborted
        ? signal.reason
        : new BffError({ type, message: MESSAGES[type], ...told(response), cause });
    }
    if (!failed && content?.csrfToken) {
      learn(content, asOf);
      if (changes) post();
    } else if (changes && (rotated || (!failed && /^\/api\/me(?!\/addr)/.test(path)))) {
      next();
      post();
      plan(0);
    } else if (known?.customer && /^(login_required|session_expired)$/.test(error?.type)) {
      plan(0);
    } else if (known?.ending) {
      plan(1);
    }
    if (failed) throw error;
    return { status: response.status, headers: response.headers, body: content };
  }

  async function send(method, path, { params, query, body, ifMatch, prefer, contentType, signal } = {}) {
    const headers = {};
    try {
      method = method.toUpperCase();
      path = path.replace(/{([^}]+)}/g, (_, name) => segment(name, params?.[name])) + search(query);
      if (ifMatch != null) headers["If-Match"] = typeof ifMatch === "string" ? ifMatch : tagOf(ifMatch);
      if (prefer) headers.Prefer = prefer;
      if (body !== undefined) {
        headers["Content-Type"] = contentType ?? "application/json";
        body = JSON.stringify(body);
      }
    } catch (cause) {
      throw new BffError({ type: "invalid_call", message: `Nothing was sent: ${cause.message}`, cause });
    }
    const go = () => exchange(method, path, headers, body, signal);
    if (method === "GET") return go();
    const sent = token ?? (await unlessAborted(ask(), signal)).csrfToken;
    headers["X-CSRF-Token"] = sent;
    const id = known?.customer?.id;
    try {
      return await go();
    } catch (error) {
      if (error?.type !== "csrf_failed") throw error;
      // Nothing has reached Emporix: it is repeated, but as nobody else.
      const now = token !== sent && known ? { ...known, csrfToken: token } : await unlessAborted(ask(), signal);
      if (id && (now.customer?.id ?? id) !== id) throw error;
      headers["X-CSRF-Token"] = now.csrfToken;
      return go();
    }
  }

  const request = async (...given) => (await send(...given)).body;

  // Asks and extends, once for all who ask meanwhile.
  function ask() {
    const isEnding = known?.ending;
    const mine = (asking ??= request("GET", "/api/session").finally(() => {
      if (asking === mine) asking = undefined;
      if (isEnding) post();
    }));
    return mine;
  }

  // Asks without extending it, for those who listen.
  function check() {
    request("GET", "/api/session?extend=false").catch(planAgain);
  }

  function plan(seconds) {
    clearTimeout(timer);
    // One of 25 days would go off at once.
    if (listeners.size) timer = setTimeout(check, Math.min(seconds, 86400) * 1000);
  }

  function planAgain({ retryAfter }) {
    plan(retryAfter ?? 15);
  }

  function next() {
    asking = undefined;
    return ++turn;
  }

  function learn(session, asOf) {
    const { customer, expiresIn } = session;
    session.ending = !!customer && expiresIn !== null && expiresIn <= warnBefore;
    if (asOf !== turn) return;
    const before = known;
    known = session;
    token = session.csrfToken;
    clearTimeout(timer);
    // Asked for once more then: other calls may have extended it.
    if (customer && expiresIn !== null) plan(1 + expiresIn - (session.ending ? 0 : warnBefore));
    if (!before || gist(before) !== gist(session)) listeners.forEach(tell);
  }

  function tell(listener) {
    const session = known;
    // Not from in here: what a listener throws is its own.
    queueMicrotask(() => listener(session));
  }

  const newChannel = () => new BroadcastChannel(`bff ${base}`);

  // Tells other tabs to ask, and nothing else.
  function post() {
    if (!inBrowser) return;
    const to = channel ?? newChannel();
    to.postMessage("changed");
    if (to !== channel) to.close();
  }

  function open() {
    channel = newChannel();
    channel.onmessage = () => {
      next();
      plan(0);
    };
  }

  // With an open channel a browser may not keep the page.
  function close() {
    channel?.close();
    channel = undefined;
  }

  function comeBack({ persisted }) {
    if (!persisted) return;
    open();
    plan(0);
  }

  // Timers stand still while the machine sleeps.
  function look() {
    if (document.visibilityState === "visible") plan(0);
  }

  function follow(add) {
    add("pagehide", close);
    add("pageshow", comeBack);
    add("visibilitychange", look);
  }

  function onSessionChange(listener) {
    if (!inBrowser) return () => {};
    listeners.add(listener);
    if (known) tell(listener);
    if (listeners.size === 1) {
      open();
      follow(addEventListener);
      ask().catch(planAgain);
    }
    return () => {
      if (!listeners.delete(listener) || listeners.size) return;
      close();
      clearTimeout(timer);
      follow(removeEventListener);
    };
  }

  const bff = { request, send, onSessionChange };
  for (const [name, row] of Object.entries(OPERATIONS)) {
    const [method, path, takesBody] = row.split(" ");
    const names = [...path.matchAll(/{([^}]+)}/g)].map((found) => found[1]);
    bff[name] = (...given) => {
      const params = Object.fromEntries(names.map((one) => [one, given.shift()]));
      const body = takesBody ? given.shift() : undefined;
      return request(method, path, { ...given[0], params, body });
    };
  }
  const { session, login, logout } = bff;
  bff.session = (options) => (options?.query ? session(options) : unlessAborted(ask(), options?.signal));
  bff.extendSession = bff.session;
  bff.signIn = login;
  bff.signOut = async (options) => {
    const answer = await logout(options);
    if (inBrowser && answer.logoutUrl) location.assign(answer.logoutUrl);
    return answer;
  };
  bff.signInUrl = (next) => `${base}/login${back(next)}`;
  bff.socialUrl = (connection, next) =>
    `${base}/login/social${connection ? `/${encodeURIComponent(connection)}` : ""}${back(next)}`;
  return bff;
}

const told = (response) => ({
  status: response?.status,
  requestId: response?.headers.get("X-Request-ID"),
  retryAfter: +response?.headers.get("Retry-After") || null,
});

const segment = (name, value) => {
  const text = String(value ?? "");
  // Readers of a URL take these out, and a part of the path with them.
  if (/^\.{0,2}$/.test(text)) throw new TypeError(`${name} is no part of a path`);
  return encodeURIComponent(text);
};

const search = (query) => {
  const pairs = query instanceof URLSearchParams ? [...query] : Object.entries(query ?? {});
  const text = String(new URLSearchParams(pairs.filter(([, value]) => value != null)));
  return text && `?${text}`;
};

const tagOf = (resource) => {
  const tag = etagOf(resource);
  if (!tag) throw new TypeError("ifMatch has no version");
  return tag;
};

const gist = (session) => JSON.stringify({ ...session, csrfToken: 0, expiresIn: 0, lifetimeExpiresIn: 0 });

const back = (next = inBrowser ? location.pathname + location.search : "") =>
  next && `?next=${encodeURIComponent(next)}`;

const unlessAborted = (promise, signal) =>
  signal
    ? Promise.race([
        promise,
        new Promise((_, reject) => {
          const give = () => reject(signal.reason);
          if (signal.aborted) give();
          signal.addEventListener("abort", give, { once: true });
        }),
      ])
    : promise;
