/* What a shop gets wrong: each line that names an error has it, and no other line has any. */
import { BffError, createBff } from "./bff.js";

const bff = createBff();
createBff({ bse: "" }); // TS2561
createBff({ warnBefore: "60" }); // TS2322

export async function methods(): Promise<void> {
  await bff.loggin({ email: "a@example.com", password: "x" }); // TS2551
  await bff.login(); // TS2554
  await bff.login({ email: "a@example.com" }); // TS2741
  await bff.login({ email: "a@example.com", password: 1 }); // TS2322
  await bff.login({ email: "a@example.com", password: "x", remember: true }); // TS2353
  await bff.address(); // TS2554
  await bff.address(7); // TS2345
  await bff.addAddress({ contactname: "Jane" }); // TS2561
  await bff.addAddress({ tags: "BILLING" }); // TS2322
  await bff.addAddress({ isDefault: true }); // TS2353
  await bff.addTags("a1"); // TS2554
  await bff.addTags("a1", { query: {} }); // TS2741
  await bff.me({ query: { expnd: "addresses" } }); // TS2561
  await bff.me({ ifMatch: '"3"' }); // TS2353
  await bff.deleteAddress("a1", { prefer: "return=representation" }); // TS2353
  await bff.updateMe({}, { ifMatch: 3 }); // TS2322
  await bff.updateMe({}, { prefer: "return=everything" }); // TS2322
  await bff.refreshSession({ legalEntityId: 3 }); // TS2322
  await bff.me({ signal: "now" }); // TS2322
}

export async function answers(): Promise<void> {
  const profile = await bff.me();
  const name: number = profile.firstName; // TS2322
  const session = await bff.session();
  session.state === "signed in"; // TS2367
  session.customer.id; // TS18047
  session.acessToken; // TS2339
  (await bff.updateMe({})).firstName; // TS2532
  const gone: string = await bff.deleteAddress("a1"); // TS2322
  void [name, gone];
}

export async function routes(): Promise<void> {
  await bff.request("GET", "/api/mee"); // TS2345
  await bff.request("PUT", "/api/me"); // TS2345
  await bff.request("POST", "/api/me"); // TS2345
  await bff.request("GET", "/api/me/addresses/{addressId}"); // TS2554
  await bff.request("GET", "/api/me/addresses/{addressId}", { params: { id: "a1" } }); // TS2353
  await bff.request("POST", "/api/login", { body: { email: "a@example.com" } }); // TS2741
  const book: string = await bff.request("GET", "/api/me/addresses"); // TS2322
  void book;
}

export function rest(error: unknown): void {
  bff.onSessionChange((session) => session.nobody); // TS2339
  if (error instanceof BffError) error.status = 3; // TS2540
  if (error instanceof BffError) error.fields.email; // TS4111
  bff.socialUrl(3); // TS2345
}
