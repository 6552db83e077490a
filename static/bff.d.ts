/* Types of bff.js, for TypeScript and for editors. */

/** Why a call failed. */
export class BffError extends Error {
  readonly name: "BffError";
  /** Of the answer; 0 where none came. */
  readonly status: number;
  /**
   * What has happened, for programs: one of the API's types, or one of this module's own. `network_error`: no whole
   * answer came. `unreadable_answer`: what came is no answer of the shop's, but a proxy's for example, or a part of one.
   * After either it is not known whether anything was done. `invalid_call`: nothing was sent, since the arguments make
   * no request.
   */
  readonly type: "network_error" | "unreadable_answer" | "invalid_call" | (string & {});
  /** The same in words, for developers. */
  readonly message: string;
  /** The causes. */
  readonly details: readonly ErrorDetail[];
  /** The first message of each field that `details` name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Finds the request in the server's log. */
  readonly requestId: string | null;
  /** Seconds to wait before it is asked again. */
  readonly retryAfter: number | null;
  /** Why the customer's session is over; only where it is. */
  readonly ended: SessionState["ended"];
}

/** The tag of a profile or an address that was read, for `ifMatch`; null where it has no version. */
export function etagOf(resource: unknown): string | null;

/** Make a client: one for a page, or on a server one for each visitor's request. */
export function createBff(options?: BffOptions): Bff;

export interface BffOptions {
  /** The shop's origin; left out, the page's own. */
  base?: string;
  /** In place of the built-in one: on a server, what passes on the visitor's cookie and address. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** How many seconds before its end a session is `ending`; 120 if left out. */
  warnBefore?: number;
}

/** What every method takes. */
export interface CallOptions {
  /** Gives the call up: it rejects with the signal's reason, which is no `BffError`. */
  signal?: AbortSignal;
}

/** A tag (`"3"`), or what was read and has one. */
export type Tag = string | { metadata?: { version?: number } };

export interface SessionState {
  /** Added by this module: the session ends within `warnBefore` seconds unless it is extended. */
  ending: boolean;
}

/** A method and a path, as the API description has them. */
export type Verb = { [P in keyof Routes]: keyof Routes[P] }[keyof Routes];
export type PathOf<M extends Verb> = { [P in keyof Routes]: M extends keyof Routes[P] ? P : never }[keyof Routes];
type RouteOf<M extends Verb, P extends PathOf<M>> = M extends keyof Routes[P] ? Routes[P][M] : never;
type OptionsOf<R> = R extends { options: infer O } ? O & CallOptions : never;
type AnswerOf<R> = R extends { answer: infer A } ? A : never;
type Given<O> = {} extends O ? [options?: O] : [options: O];

export interface Bff extends Operations {
  /** Call any route of the API description; `params` fill the braces of its path. */
  request<M extends Verb, P extends PathOf<M>>(
    method: M,
    path: P,
    ...options: Given<OptionsOf<RouteOf<M, P>>>
  ): Promise<AnswerOf<RouteOf<M, P>>>;
  /** The same, with status and header fields. */
  send<M extends Verb, P extends PathOf<M>>(
    method: M,
    path: P,
    ...options: Given<OptionsOf<RouteOf<M, P>>>
  ): Promise<{ status: number; headers: Headers; body: AnswerOf<RouteOf<M, P>> }>;
  /**
   * Tell a listener who the visitor is: now, and whenever that changes, in this tab or in another one; when the session
   * is about to end (`ending`), and why it has ended (`ended`). On a server it does nothing.
   *
   * @returns ends the subscription
   */
  onSessionChange(listener: (session: SessionState) => void): () => void;
  /** Extend the session. */
  extendSession: Operations["session"];
  /** Sign in with e-mail and password. */
  signIn: Operations["login"];
  /** Sign out, and go where the identity provider's session is ended, if there is one. */
  signOut: Operations["logout"];
  /** The shop's sign-in page, which leads back to `next`, or else to this page. */
  signInUrl(next?: string): string;
  /** Where to sign in at the identity provider, by a `connection` of the session's `socialLogin`. */
  socialUrl(connection?: string | null, next?: string): string;
}

/* What follows is written from the API description. */

/** A method for each operation. */
export interface Operations {
  /** Tell who the visitor is, and the CSRF token. Starts a session where no session cookie came. Asks nothing of Emporix. */
  session(options?: CallOptions & { query?: { extend?: boolean } }): Promise<SessionState>;
  /** Sign in with e-mail and password. For a customer who is signed in, it is a re-authentication. */
  login(body: PasswordAuthentication, options?: CallOptions): Promise<SessionState>;
  /** Sign out. For guests and customers. */
  logout(options?: CallOptions): Promise<SignedOut>;
  /** Renew the session, or switch the legal entity. `null` leaves the company; without the property it stays. For customers who are signed in. */
  refreshSession(body?: SessionRefresh, options?: CallOptions): Promise<SessionState>;
  /** Ask upstream whether the session is valid. For customers who are signed in. */
  validateSession(options?: CallOptions): Promise<TokenDetails>;
  /** Create an account. The answer does not tell whether the e-mail is known. */
  signUp(body: CustomerSignup, options?: CallOptions): Promise<Accepted>;
  /** Activate an account with a mailed token, and sign in. */
  confirmSignUp(body: MailedToken, options?: CallOptions): Promise<SessionState>;
  /** Mail the activation link again. The answer does not tell whether the e-mail is known. */
  resendActivation(body: OptInResend, options?: CallOptions): Promise<undefined>;
  /** Read the profile. A guest gets the profile that Emporix has for guests: it says nothing of who is signed in. For guests and customers. */
  me(options?: CallOptions & { query?: { expand?: string | readonly string[] } }): Promise<Profile>;
  /** Change the profile. For customers who are signed in. */
  updateMe(body: CustomerUpdate | CustomerUpdateNullable, options?: CallOptions & { ifMatch?: Tag; prefer?: "return=representation"; contentType?: "application/json" | "application/merge-patch+json" }): Promise<Profile | undefined>;
  /** Ask for the account's deletion; a mail goes to the customer. Needs a proof of identity of the last ten minutes: a sign-in, or a changed password. */
  deleteMe(options?: CallOptions): Promise<undefined>;
  /** Delete the account with a mailed token. Needs a proof of identity of the last ten minutes: a sign-in, or a changed password. */
  confirmDeletion(body: MailedToken, options?: CallOptions): Promise<undefined>;
  /** Add an e-mail and a password to sign in with. Needs a proof of identity of the last ten minutes: a sign-in, or a changed password. */
  addLogin(body: NewLogin, options?: CallOptions): Promise<Created>;
  /** Read the address book. For customers who are signed in. */
  addresses(options?: CallOptions): Promise<Address[]>;
  /** Add an address. Only a later change can make it the default address. For customers who are signed in. */
  addAddress(body: AddressCreate, options?: CallOptions & { prefer?: "return=representation" }): Promise<Created | Address>;
  /** Read one address. For customers who are signed in. */
  address(addressId: string, options?: CallOptions): Promise<Address>;
  /** Change an address. For customers who are signed in. */
  updateAddress(addressId: string, body: AddressUpdate, options?: CallOptions & { ifMatch?: Tag; prefer?: "return=representation" }): Promise<Address | undefined>;
  /** Delete an address. For customers who are signed in. */
  deleteAddress(addressId: string, options?: CallOptions): Promise<undefined>;
  /** Add tags to an address. For customers who are signed in. */
  addTags(addressId: string, options: CallOptions & { query: { tags: string | readonly string[] } }): Promise<undefined>;
  /** Remove tags from an address. For customers who are signed in. */
  removeTags(addressId: string, options: CallOptions & { query: { tags: string | readonly string[] } }): Promise<undefined>;
  /** Ask to change the sign-in e-mail; a mail goes to the new one. For customers who are signed in. */
  changeEmail(body: EmailChange, options?: CallOptions): Promise<undefined>;
  /** Confirm the new sign-in e-mail with a mailed token. */
  confirmEmailChange(body: MailedToken, options?: CallOptions): Promise<undefined>;
  /** Ask for a mail to reset the password. The answer does not tell whether the e-mail is known. */
  requestPasswordReset(body: PasswordResetRequest, options?: CallOptions): Promise<undefined>;
  /** Set a new password with a mailed token. */
  resetPassword(body: PasswordReset, options?: CallOptions): Promise<undefined>;
  /** Change the password. For customers who are signed in. */
  changePassword(body: PasswordChange, options?: CallOptions): Promise<undefined>;
  /** List where the customer is signed in, this browser first. */
  devices(options?: CallOptions): Promise<Device[]>;
  /** End all other sessions of the customer. Needs a proof of identity of the last ten minutes: a sign-in, or a changed password. */
  endOtherDevices(options?: CallOptions): Promise<undefined>;
  /** End one session of the customer. Needs a proof of identity of the last ten minutes: a sign-in, or a changed password. But not for the session that asks: that is a sign-out. */
  endDevice(id: string, options?: CallOptions): Promise<undefined>;
}

/** Every route by path and method: what a call takes, and what it answers. */
export interface Routes {
  "/api/session": {
    GET: {
      options: { query?: { extend?: boolean } };
      answer: SessionState;
    };
  };
  "/api/login": {
    POST: {
      options: { body: PasswordAuthentication };
      answer: SessionState;
    };
  };
  "/api/logout": {
    POST: {
      options: {};
      answer: SignedOut;
    };
  };
  "/api/session/refresh": {
    POST: {
      options: { body?: SessionRefresh };
      answer: SessionState;
    };
  };
  "/api/session/validate": {
    GET: {
      options: {};
      answer: TokenDetails;
    };
  };
  "/api/signup": {
    POST: {
      options: { body: CustomerSignup };
      answer: Accepted;
    };
  };
  "/api/signup/optin": {
    POST: {
      options: { body: MailedToken };
      answer: SessionState;
    };
  };
  "/api/signup/optin/refresh_token": {
    POST: {
      options: { body: OptInResend };
      answer: undefined;
    };
  };
  "/api/me": {
    GET: {
      options: { query?: { expand?: string | readonly string[] } };
      answer: Profile;
    };
    PATCH: {
      options: { body: CustomerUpdate | CustomerUpdateNullable; ifMatch?: Tag; prefer?: "return=representation"; contentType?: "application/json" | "application/merge-patch+json" };
      answer: Profile | undefined;
    };
    DELETE: {
      options: {};
      answer: undefined;
    };
  };
  "/api/me/delete/confirm": {
    POST: {
      options: { body: MailedToken };
      answer: undefined;
    };
  };
  "/api/me/accounts/internal": {
    POST: {
      options: { body: NewLogin };
      answer: Created;
    };
  };
  "/api/me/addresses": {
    GET: {
      options: {};
      answer: Address[];
    };
    POST: {
      options: { body: AddressCreate; prefer?: "return=representation" };
      answer: Created | Address;
    };
  };
  "/api/me/addresses/{addressId}": {
    GET: {
      options: { params: { addressId: string } };
      answer: Address;
    };
    PATCH: {
      options: { params: { addressId: string }; body: AddressUpdate; ifMatch?: Tag; prefer?: "return=representation" };
      answer: Address | undefined;
    };
    DELETE: {
      options: { params: { addressId: string } };
      answer: undefined;
    };
  };
  "/api/me/addresses/{addressId}/tags": {
    POST: {
      options: { params: { addressId: string }; query: { tags: string | readonly string[] } };
      answer: undefined;
    };
    DELETE: {
      options: { params: { addressId: string }; query: { tags: string | readonly string[] } };
      answer: undefined;
    };
  };
  "/api/me/accounts/internal/email/change": {
    POST: {
      options: { body: EmailChange };
      answer: undefined;
    };
  };
  "/api/me/accounts/internal/email/change/confirm": {
    POST: {
      options: { body: MailedToken };
      answer: undefined;
    };
  };
  "/api/password/reset": {
    POST: {
      options: { body: PasswordResetRequest };
      answer: undefined;
    };
  };
  "/api/password/reset/update": {
    POST: {
      options: { body: PasswordReset };
      answer: undefined;
    };
  };
  "/api/password/change": {
    POST: {
      options: { body: PasswordChange };
      answer: undefined;
    };
  };
  "/api/sessions": {
    GET: {
      options: {};
      answer: Device[];
    };
    DELETE: {
      options: {};
      answer: undefined;
    };
  };
  "/api/sessions/{id}": {
    DELETE: {
      options: { params: { id: string } };
      answer: undefined;
    };
  };
}

/** Nothing: the answer does not tell whether the e-mail was known. */
export interface Accepted {
}

/** One way to sign in. */
export interface AccountName {
  /** The e-mail. */
  id: string;
  /** Names the customer at an identity provider; only after a social sign-in. */
  providerId?: string;
  [name: string]: unknown;
}

/** One entry of the address book. */
export interface Address {
  /** Names the address in paths. */
  id: string;
  /** Who receives what is sent there. */
  contactName?: string;
  /** Company, where it is an office. */
  companyName?: string;
  /** Street without the number. */
  street?: string;
  /** House number. */
  streetNumber?: string;
  /** What follows the house number, e.g. a floor. */
  streetAppendix?: string;
  /** First further line. */
  extraLine1?: string;
  /** Second further line. */
  extraLine2?: string;
  /** Third further line. */
  extraLine3?: string;
  /** Fourth further line. */
  extraLine4?: string;
  /** Postal code. */
  zipCode?: string;
  /** Town or city. */
  city?: string;
  /** Country, as its ISO 3166-1 code of two letters. */
  country?: string;
  /** State, province or region. */
  state?: string;
  /** Telephone number for deliveries. */
  contactPhone?: string;
  /** Whether this is the customer's default address. */
  isDefault?: boolean;
  /** What the address is for, e.g. BILLING and SHIPPING. */
  tags?: string[];
  /** Properties that the tenant added to addresses. */
  mixins?: Record<string, unknown>;
  metadata?: RecordMetadata;
  [name: string]: unknown;
}

/** A new entry of the address book; only a later update can make it the default. */
export interface AddressCreate {
  /** Who receives what is sent there. */
  contactName?: string;
  /** Company, where it is an office. */
  companyName?: string;
  /** Street without the number. */
  street?: string;
  /** House number. */
  streetNumber?: string;
  /** What follows the house number, e.g. a floor. */
  streetAppendix?: string;
  /** First further line. */
  extraLine1?: string;
  /** Second further line. */
  extraLine2?: string;
  /** Third further line. */
  extraLine3?: string;
  /** Fourth further line. */
  extraLine4?: string;
  /** Postal code. */
  zipCode?: string;
  /** Town or city. */
  city?: string;
  /** Country, as its ISO 3166-1 code of two letters. */
  country?: string;
  /** State, province or region. */
  state?: string;
  /** Telephone number for deliveries. */
  contactPhone?: string;
  /** What the address is for, e.g. BILLING and SHIPPING; other words are allowed. */
  tags?: string[];
  /** Properties that the tenant added to addresses. */
  mixins?: Record<string, unknown>;
  /** Mixin schemas. */
  metadata?: MixinLinks;
}

/** A change to an entry of the address book. */
export interface AddressUpdate {
  /** Who receives what is sent there. */
  contactName?: string;
  /** Company, where it is an office. */
  companyName?: string;
  /** Street without the number. */
  street?: string;
  /** House number. */
  streetNumber?: string;
  /** What follows the house number, e.g. a floor. */
  streetAppendix?: string;
  /** First further line. */
  extraLine1?: string;
  /** Second further line. */
  extraLine2?: string;
  /** Third further line. */
  extraLine3?: string;
  /** Fourth further line. */
  extraLine4?: string;
  /** Postal code. */
  zipCode?: string;
  /** Town or city. */
  city?: string;
  /** Country, as its ISO 3166-1 code of two letters. */
  country?: string;
  /** State, province or region. */
  state?: string;
  /** Telephone number for deliveries. */
  contactPhone?: string;
  /** What the address is for, e.g. BILLING and SHIPPING; other words are allowed. */
  tags?: string[];
  /** Properties that the tenant added to addresses. */
  mixins?: Record<string, unknown>;
  /** Version and mixin schemas. */
  metadata?: Metadata;
  /** Whether this is the customer's default address. */
  isDefault?: boolean;
}

/** What only business customers have. */
export interface B2B {
  /** Number under which the company is registered; at sign-up, names and company have to come with it. */
  companyRegistrationId?: string;
}

/** What only business customers have. Null removes a property. */
export interface B2BNullable {
  /** Number under which the company is registered; at sign-up, names and company have to come with it. */
  companyRegistrationId?: string | null;
}

/** A company that the customer may act for. */
export interface Company {
  /** What a switch of the company names. */
  id: string;
  /** Its name. */
  name?: string;
  /** Names the customer's assignment to it. */
  contactAssignmentId?: string;
  [name: string]: unknown;
}

/** What only business customers have. */
export interface CompanyDetails {
  /** Number under which the company is registered. */
  companyRegistrationId?: string;
  /** The companies that the customer may act for. */
  legalEntities?: Company[];
  [name: string]: unknown;
}

/** What was made. */
export interface Created {
  /** Names what was made. */
  id: string;
  [name: string]: unknown;
}

/** A new account. */
export interface CustomerSignup {
  /** The new customer's e-mail. */
  email: string;
  /** The password to set. */
  password: string;
  /** The profile; its contactEmail, if any, is the same as email. */
  customerDetails?: CustomerUpdate;
  /** The first address. */
  customerAddress?: SignupAddress;
  /** What to sign in with, where that is not the e-mail above. */
  signup?: PasswordAuthentication;
}

/** The customer's profile, as far as the customer edits it. */
export interface CustomerUpdate {
  /** Form of address. */
  title?: string;
  /** First name. */
  firstName?: string;
  /** Middle name. */
  middleName?: string;
  /** Last name. */
  lastName?: string;
  /** Where the customer is written to; the sign-in has its own e-mail. */
  contactEmail?: string;
  /** Telephone number. */
  contactPhone?: string;
  /** Name of the company. */
  company?: string;
  /** Language to address the customer in, e.g. en_US. */
  preferredLanguage?: string;
  /** Currency to show prices in, as its ISO 4217 code. */
  preferredCurrency?: string;
  /** Code of the site that the customer shops at. */
  preferredSite?: string;
  /** The company, for business customers. */
  b2b?: B2B;
  /** Version and mixin schemas. */
  metadata?: Metadata;
  /** Properties that the tenant added to profiles. */
  mixins?: Record<string, unknown>;
}

/** The customer's profile, as far as the customer edits it. Null removes a property. */
export interface CustomerUpdateNullable {
  /** Form of address. */
  title?: string | null;
  /** First name. */
  firstName?: string | null;
  /** Middle name. */
  middleName?: string | null;
  /** Last name. */
  lastName?: string | null;
  /** Where the customer is written to; the sign-in has its own e-mail. */
  contactEmail?: string | null;
  /** Telephone number. */
  contactPhone?: string | null;
  /** Name of the company. */
  company?: string | null;
  /** Language to address the customer in, e.g. en_US. */
  preferredLanguage?: string | null;
  /** Currency to show prices in, as its ISO 4217 code. */
  preferredCurrency?: string | null;
  /** Code of the site that the customer shops at. */
  preferredSite?: string | null;
  /** The company, for business customers. */
  b2b?: B2BNullable | null;
  /** Version and mixin schemas. */
  metadata?: MetadataNullable | null;
  /** Properties that the tenant added to profiles. */
  mixins?: Record<string, unknown> | null;
}

/** One browser that the customer is signed in with. */
export interface Device {
  /** Names it in paths; another one after each change of the cookie. */
  id: string;
  /** Whether it is the one that asks. */
  current: boolean;
  /** When the customer signed in there. */
  createdAt: string;
  /** When it last sent a request. */
  lastSeenAt: string;
  /** Browser and system in words; null where neither is known. */
  browser: string | null;
}

/** The wish to sign in with another e-mail; a mail to the new one asks for confirmation. */
export interface EmailChange {
  /** The e-mail that is used to sign in now. */
  email: string;
  /** The current password. */
  password: string;
  /** The e-mail to sign in with from then on. */
  newEmail: string;
  /** Whether the profile's contactEmail follows; it does not if left out. */
  syncContactEmail?: boolean;
}

/** One cause of an error. */
export interface ErrorDetail {
  /** Dotted path of the property at fault, or the name of a parameter or header. */
  field?: string;
  /** What is wrong with it, e.g. missing_value. */
  type?: string;
  /** The same in words, for developers. */
  message: string;
  /** Where more is said about it. */
  moreInfo?: string;
}

/** What the operator has left switched on. */
export interface Features {
  /** Whether an account can be deleted. */
  accountDeletion: boolean;
  /** Whether an e-mail and a password can be added. */
  addLogin: boolean;
}

/** The proof that a mail was read. */
export interface MailedToken {
  /** The token from the mail. */
  token: string;
}

/** Version and mixin schemas; other properties pass, since clients send back what they read. */
export interface Metadata {
  /** Name of each mixin, and the address of its schema. */
  mixins?: Record<string, unknown>;
  /** The version that this write is based on; left out, no check is made. */
  version?: number;
  [name: string]: unknown;
}

/** Version and mixin schemas; other properties pass, since clients send back what they read. Null removes a property. */
export interface MetadataNullable {
  /** Name of each mixin, and the address of its schema. */
  mixins?: Record<string, unknown> | null;
  /** The version that this write is based on; left out, no check is made. */
  version?: number | null;
  [name: string]: unknown;
}

/** Where the schemas of the mixins are; other properties pass, since clients send back what they read. */
export interface MixinLinks {
  /** Name of each mixin, and the address of its schema. */
  mixins?: Record<string, unknown>;
  [name: string]: unknown;
}

/** An e-mail and a password to sign in with besides. */
export interface NewLogin {
  /** The e-mail that is used to sign in. */
  email: string;
  /** The password. */
  password: string;
}

/** The wish for another mail that activates the account. */
export interface OptInResend {
  /** The e-mail that was signed up with. */
  email: string;
}

/** E-mail and password to sign in with. */
export interface PasswordAuthentication {
  /** The e-mail that is used to sign in. */
  email: string;
  /** The password. */
  password: string;
}

/** A new password in place of the current one. */
export interface PasswordChange {
  /** The password that is valid now. */
  currentPassword: string;
  /** The password to set. */
  newPassword: string;
}

/** A new password in place of a forgotten one. */
export interface PasswordReset {
  /** The token from the mail. */
  token: string;
  /** The password to set. */
  password: string;
}

/** The wish for a mail with which a forgotten password can be replaced. */
export interface PasswordResetRequest {
  /** The e-mail that is used to sign in. */
  email: string;
  /** Code of the site that the customer is on. */
  site?: string;
}

/** A customer's profile; to a guest Emporix shows one of its own, named Anonymous. */
export interface Profile {
  /** Names the customer; a guest's is of zeros. */
  id: string;
  /** The customer's number. */
  customerNumber?: string;
  /** Form of address. */
  title?: string;
  /** First name. */
  firstName?: string;
  /** Middle name. */
  middleName?: string;
  /** Last name. */
  lastName?: string;
  /** Where the customer is written to; the sign-in has its own e-mail. */
  contactEmail?: string;
  /** Telephone number. */
  contactPhone?: string;
  /** Name of the company. */
  company?: string;
  /** Language to address the customer in, e.g. en_US. */
  preferredLanguage?: string;
  /** Currency to show prices in, as its ISO 4217 code. */
  preferredCurrency?: string;
  /** Code of the site that the customer shops at. */
  preferredSite?: string;
  /** The ways to sign in. */
  accounts?: AccountName[];
  /** The address book, where `expand` names it. */
  addresses?: Address[];
  /** The default address. */
  defaultAddress?: Address;
  /** Whether the customer belongs to a company. */
  businessModel?: "B2B" | "B2C";
  /** The company, for business customers. */
  b2b?: CompanyDetails;
  /** Properties that the tenant added to profiles, where `expand` names them. */
  mixins?: Record<string, unknown>;
  metadata?: RecordMetadata;
  /** When the customer last signed in. */
  lastLogin?: string;
  [name: string]: unknown;
}

/** Version and mixin schemas. */
export interface RecordMetadata {
  /** Counts the changes; the ETag has it too. */
  version?: number;
  /** Name of each mixin, and the address of its schema. */
  mixins?: Record<string, unknown>;
  [name: string]: unknown;
}

/** Who is signed in. */
export interface SessionCustomer {
  /** Names the customer. */
  id: string;
  /** First name. */
  firstName: string | null;
  /** Last name. */
  lastName: string | null;
  /** The e-mail to sign in with. */
  email: string | null;
}

/** The wish for fresh upstream tokens. */
export interface SessionRefresh {
  /** The company to act for from now on; null: none; left out: as before. */
  legalEntityId?: string | null;
}

/** Who the visitor is, and the token that changes have to carry. */
export interface SessionState {
  /** Whether a customer is signed in. */
  state: "guest" | "authenticated";
  /** What `X-CSRF-Token` has to say from here on. */
  csrfToken: string;
  /** Who is signed in; null for a guest. */
  customer: SessionCustomer | null;
  /** The company that the customer acts for. */
  legalEntityId: string | null;
  /** Whether the password is one that an employee of the shop has set. */
  initialPassword: boolean;
  /** Seconds until the session ends for want of requests, never more than lifetimeExpiresIn; null without a record. */
  expiresIn: number | null;
  /** Seconds until a signed-in session ends in any case. */
  lifetimeExpiresIn: number | null;
  /** Why the last signed-in session of this cookie is over; known for an hour. */
  ended: "idle" | "lifetime" | "elsewhere" | null;
  /** The ways to sign in at the identity provider. */
  socialLogin: SocialLink[];
  features: Features;
}

/** Where to go after a sign-out. */
export interface SignedOut {
  /** Where to send the browser, because the identity provider has a session to end too; null: nowhere. */
  logoutUrl: string | null;
}

/** The first entry of the address book, made together with the account. */
export interface SignupAddress {
  /** Who receives what is sent there. */
  contactName: string;
  /** Company, where it is an office. */
  companyName?: string;
  /** Street without the number. */
  street?: string;
  /** House number. */
  streetNumber?: string;
  /** What follows the house number, e.g. a floor. */
  streetAppendix?: string;
  /** First further line. */
  extraLine1?: string;
  /** Second further line. */
  extraLine2?: string;
  /** Third further line. */
  extraLine3?: string;
  /** Fourth further line. */
  extraLine4?: string;
  /** Postal code. */
  zipCode?: string;
  /** Town or city. */
  city?: string;
  /** Country, as its ISO 3166-1 code of two letters. */
  country?: string;
  /** State, province or region. */
  state?: string;
  /** Telephone number for deliveries. */
  contactPhone?: string;
  /** What the address is for, e.g. BILLING and SHIPPING; other words are allowed. */
  tags?: string[];
  /** Properties that the tenant added to addresses. */
  mixins?: Record<string, unknown>;
  /** Version and mixin schemas. */
  metadata?: Metadata;
  /** Whether this is the customer's default address. */
  isDefault?: boolean;
  /** The address's id; upstream gives one. */
  id?: string;
}

/** One way to sign in at the identity provider. */
export interface SocialLink {
  /** Names it; null where there is only one. */
  connection: string | null;
  /** What a button says. */
  label: string;
  /** Where the button leads: a path of this origin. */
  url: string;
}

/** What Emporix says of the customer's token, but for the token. */
export interface TokenDetails {
  /** Its kind. */
  token_type?: string;
  /** Seconds until it ends. */
  expires_in?: number;
  /** What it may do, with blanks between. */
  scope?: string;
  /** The e-mail that was signed in with. */
  email?: string;
  /** The company that the customer acts for. */
  legalEntityId?: string;
  [name: string]: unknown;
}
