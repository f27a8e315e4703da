// Signing in a person: OpenID Connect, authorization code with PKCE (RFC 7636), tokens kept in memory only.
import * as oauth from "oauth4webapi";

export interface Issuer {
  /** The issuer's identifier, for example `https://login.example.com`. */
  issuer: string;
  clientId: string;
  /** Where the issuer sends the person back to; registered with the issuer. */
  redirectUri: string;
  scope?: string;
  /** Allows plain http, for the local stack's issuer only. */
  allowsHttp?: boolean;
}

/** What must survive the way to the issuer and back: keep it in `sessionStorage`. */
export interface SignInStarted {
  url: string;
  verifier: string;
  state: string;
}

/** Make the address to send the person to. */
export async function startSignIn(issuer: Issuer): Promise<SignInStarted> {
  const server = await discovered(issuer);
  if (server.authorization_endpoint === undefined) throw new Error(`${issuer.issuer} signs nobody in`);
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint);
  const asked = {
    client_id: issuer.clientId,
    redirect_uri: issuer.redirectUri,
    response_type: "code",
    scope: issuer.scope ?? "openid",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return { url: url.href, verifier, state };
}

/** Turn the address the person came back to into a session. Throws if it belongs to another sign-in. */
export async function finishSignIn(issuer: Issuer, started: SignInStarted, returnedTo: string): Promise<Session> {
  const server = await discovered(issuer);
  const client = { client_id: issuer.clientId };
  const parameters = oauth.validateAuthResponse(server, client, new URL(returnedTo), started.state);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, oauth.None(), parameters, issuer.redirectUri, started.verifier, options(issuer),
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response);
  return new Session(issuer, server, tokens);
}

/** A signed-in person. `token` gives a valid access token, renewed shortly before the old one ends. */
export class Session {
  readonly #issuer: Issuer;
  readonly #server: oauth.AuthorizationServer;
  #tokens: oauth.TokenEndpointResponse;
  #endsAt: number;
  #renewal: Promise<void> | undefined;

  constructor(issuer: Issuer, server: oauth.AuthorizationServer, tokens: oauth.TokenEndpointResponse) {
    this.#issuer = issuer;
    this.#server = server;
    this.#tokens = tokens;
    this.#endsAt = endOf(tokens);
  }

  readonly token = async (): Promise<string> => {
    const isEnding = Date.now() > this.#endsAt - 30_000;
    if (isEnding && this.#tokens.refresh_token !== undefined) {
      // Requests that come together share one renewal: a refresh token is often good for one use.
      this.#renewal ??= this.#renew(this.#tokens.refresh_token).finally(() => (this.#renewal = undefined));
      await this.#renewal;
    }
    return this.#tokens.access_token;
  };

  async #renew(refreshToken: string): Promise<void> {
    const client = { client_id: this.#issuer.clientId };
    const response = await oauth.refreshTokenGrantRequest(
      this.#server, client, oauth.None(), refreshToken, options(this.#issuer),
    );
    const tokens = await oauth.processRefreshTokenResponse(this.#server, client, response);
    this.#tokens = { ...tokens, refresh_token: tokens.refresh_token ?? refreshToken };
    this.#endsAt = endOf(tokens);
  }
}

async function discovered(issuer: Issuer): Promise<oauth.AuthorizationServer> {
  const identifier = new URL(issuer.issuer);
  const response = await oauth.discoveryRequest(identifier, options(issuer));
  return oauth.processDiscoveryResponse(identifier, response);
}

function options(issuer: Issuer): { [oauth.allowInsecureRequests]: boolean } {
  return { [oauth.allowInsecureRequests]: issuer.allowsHttp ?? false };
}

function endOf(tokens: oauth.TokenEndpointResponse): number {
  return Date.now() + (tokens.expires_in ?? 300) * 1000;
}
