/* What a shop writes: all of it is right, and has the types that it should have. */
import { BffError, createBff, etagOf, type Address, type Bff, type Profile, type SessionState } from "./bff.js";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<A, B>(_: Same<A, B>): void {}

const bff: Bff = createBff();
createBff({});
createBff({ warnBefore: 60 });

/** On a server: one client for each visitor's request. */
export function clientOf(visitor: { cookie: string; address: string }): Bff {
  return createBff({
    base: "http://127.0.0.1:8000",
    fetch: (url, init) => {
      const headers = new Headers(init.headers);
      headers.set("Cookie", visitor.cookie);
      headers.set("X-Forwarded-For", visitor.address);
      return fetch(url, { ...init, headers });
    },
  });
}

export async function account(signal: AbortSignal): Promise<void> {
  const session = await bff.session();
  is<typeof session, SessionState>(true);
  const ended: "idle" | "lifetime" | "elsewhere" | null = session.ended;
  const ending: boolean = session.ending;
  const name: string = session.customer?.firstName ?? "Guest";
  is<typeof session.state, "guest" | "authenticated">(true);
  await bff.session({ query: { extend: false } });
  await bff.extendSession({ signal });

  is<Awaited<ReturnType<typeof bff.login>>, SessionState>(true);
  await bff.login({ email: "jane.doe@example.com", password: "Violet-Harbour-38" }, { signal });
  await bff.signIn({ email: "jane.doe@example.com", password: "Violet-Harbour-38" });
  await bff.refreshSession();
  await bff.refreshSession({ legalEntityId: null });
  await bff.refreshSession({ legalEntityId: "D165356" }, { signal });

  const profile = await bff.me({ query: { expand: ["addresses", "mixin:*"] } });
  is<typeof profile, Profile>(true);
  const phone: string | undefined = profile.contactPhone;
  const extra: unknown = profile["somethingOfTheTenants"];
  const changed = await bff.updateMe({ firstName: "Janet" }, { ifMatch: profile, prefer: "return=representation" });
  is<typeof changed, Profile | undefined>(true);
  await bff.updateMe({ title: null }, { contentType: "application/merge-patch+json" });
  await bff.updateMe({ firstName: "Joan" }, { ifMatch: etagOf(profile) ?? '"1"' });

  const book = await bff.addresses();
  is<typeof book, Address[]>(true);
  const made = await bff.addAddress({ contactName: "Jane Doe", tags: ["BILLING"] });
  const id: string = made.id;
  await bff.updateAddress(id, { isDefault: true }, { ifMatch: book[0]! });
  await bff.addTags(id, { query: { tags: ["BILLING", "SHIPPING"] } });
  await bff.removeTags(id, { query: { tags: "BILLING" }, signal });
  const nothing: undefined = await bff.deleteAddress(id);
  await bff.deleteMe();
  await bff.endDevice((await bff.devices())[0]?.id ?? "");
  const away: string | null = (await bff.signOut()).logoutUrl;
  void [ended, ending, name, phone, extra, nothing, away];
}

export async function routes(id: string): Promise<void> {
  const profile = await bff.request("GET", "/api/me");
  is<typeof profile, Profile>(true);
  await bff.request("GET", "/api/me", { query: { expand: "addresses" } });
  await bff.request("PATCH", "/api/me/addresses/{addressId}", {
    params: { addressId: id },
    body: { city: "Krakow" },
    ifMatch: '"3"',
  });
  const { status, headers, body } = await bff.send("GET", "/api/me/addresses");
  is<typeof body, Address[]>(true);
  const total: number = status + Number(headers.get("X-Total-Count"));
  void total;
}

export function header(show: (text: string) => void): () => void {
  return bff.onSessionChange((session) => {
    if (session.ending) show(`Signed out in ${session.expiresIn ?? 0} seconds`);
    else if (session.ended) show(`Signed out: ${session.ended}`);
    else show(session.customer?.email ?? "Sign in");
  });
}

export function wordsFor(error: unknown): string {
  if (!(error instanceof BffError)) throw error;
  switch (error.type) {
    case "network_error":
      return "No answer came.";
    case "rate_limited":
      return `Try again in ${error.retryAfter ?? 60} seconds.`;
    default:
      return error.fields["email"] ?? error.details[0]?.message ?? `${error.status} ${error.message} ${error.requestId}`;
  }
}

export const links: string[] = [bff.signInUrl(), bff.signInUrl("/shop"), bff.socialUrl("google-oauth2"), bff.socialUrl(null, "/")];
