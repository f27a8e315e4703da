import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";

import { finishSignIn, startSignIn, type Issuer } from "../src/index.ts";
import { json, scripted } from "./server.ts";

interface Signing {
  issuer: Issuer;
  /** The forms that the token endpoint was sent. */
  forms: URLSearchParams[];
}

/** An issuer that gives tokens which end after so many seconds, to who knows the verifier of the challenge. */
async function signing(t: TestContext, expiresIn: number): Promise<Signing> {
  const forms: URLSearchParams[] = [];
  const { url } = await scripted(t, async (request, response) => {
    const own = `http://${request.headers.host}`;
    if (request.url === "/.well-known/openid-configuration") {
      const endpoints = { authorization_endpoint: `${own}/authorize`, token_endpoint: `${own}/token` };
      return json(200, { issuer: own, ...endpoints })(request, response);
    }
    forms.push(new URLSearchParams(await text(request)));
    const token = { access_token: `t${forms.length}`, token_type: "Bearer", refresh_token: `r${forms.length}` };
    return json(200, { ...token, expires_in: expiresIn })(request, response);
  });
  return { issuer: { issuer: url, clientId: "page", redirectUri: "http://127.0.0.1/back", allowsHttp: true }, forms };
}

function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

test("a person is sent to the issuer with a challenge, and the page keeps its verifier", async (t) => {
  const { issuer } = await signing(t, 300);

  const { url, verifier, state } = await startSignIn(issuer);

  const asked = new URL(url).searchParams;
  assert.equal(asked.get("code_challenge"), challengeOf(verifier));
  assert.deepEqual(
    [asked.get("response_type"), asked.get("code_challenge_method"), asked.get("client_id"), asked.get("state")],
    ["code", "S256", "page", state],
  );
  assert.ok(!url.includes(verifier));
});

test("the code is exchanged with the verifier, and the token is used until it ends", async (t) => {
  const { issuer, forms } = await signing(t, 300);
  const started = await startSignIn(issuer);

  const session = await finishSignIn(issuer, started, `${issuer.redirectUri}?code=c&state=${started.state}`);

  assert.deepEqual([await session.token(), await session.token()], ["t1", "t1"]);
  assert.deepEqual([forms[0]?.get("code"), forms[0]?.get("code_verifier"), forms.length], ["c", started.verifier, 1]);
});

test("an ending token is renewed once for requests that come together", async (t) => {
  const { issuer, forms } = await signing(t, 10);
  const started = await startSignIn(issuer);
  const session = await finishSignIn(issuer, started, `${issuer.redirectUri}?code=c&state=${started.state}`);

  const tokens = await Promise.all([session.token(), session.token(), session.token()]);

  assert.deepEqual(tokens, ["t2", "t2", "t2"]);
  assert.deepEqual(forms.slice(1).map((form) => [form.get("grant_type"), form.get("refresh_token")]), [["refresh_token", "r1"]]);
});

test("an answer to another sign-in is refused before anything is exchanged", async (t) => {
  const { issuer, forms } = await signing(t, 300);
  const started = await startSignIn(issuer);

  await assert.rejects(finishSignIn(issuer, started, `${issuer.redirectUri}?code=c&state=forged`));
  await assert.rejects(finishSignIn(issuer, started, `${issuer.redirectUri}?error=access_denied&state=${started.state}`));

  assert.equal(forms.length, 0);
});

test("plain http is refused unless it is asked for", async (t) => {
  const { issuer } = await signing(t, 300);

  await assert.rejects(startSignIn({ ...issuer, allowsHttp: false }));
});
