// Signs in at the issuer of the local stack as a page does, and prints what it saw, one line of JSON per step.
// Needs BASE (the gateway) and ISSUER in the environment.
import { createSalesOps, finishSignIn, ok, startSignIn, type Issuer, type Session } from "../src/index.ts";

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function say(step: string, seen: unknown): void {
  process.stdout.write(`${JSON.stringify({ step, seen })}\n`);
}

/** What the person does: choose a role on the issuer's page. Returns the address the browser is sent back to. */
async function choose(page: string, role: string): Promise<string> {
  const shown = await fetch(page);
  const carried = [...(await shown.text()).matchAll(/<input type="hidden" name="([^"]+)" value="([^"]+)">/g)];
  const form = new URLSearchParams(new URL(page).search);
  for (const name of form.keys()) {
    if (!carried.some((field) => field[1] === name)) throw new Error(`the page lost ${name}`);
  }
  form.set("role", role);
  const sent = await fetch(page, { method: "POST", body: form, redirect: "manual" });
  const back = sent.headers.get("location");
  if (back === null) throw new Error(`the issuer answered ${sent.status}`);
  return back;
}

async function whoIs(session: Session): Promise<unknown> {
  const api = createSalesOps({ baseUrl: setting("BASE"), token: session.token });
  return (await ok(api.GET("/v1/me"))).roles;
}

const issuer: Issuer = {
  issuer: setting("ISSUER"),
  clientId: "salesops-front-end",
  redirectUri: "http://localhost:5173/signed-in",
  allowsHttp: true,
};
const started = await startSignIn(issuer);
const returnedTo = await choose(started.url, "coordinator");

const session = await finishSignIn(issuer, started, returnedTo);
say("signed in", await whoIs(session));

// Another tab's sign-in is not finished with this tab's answer.
const other = await startSignIn(issuer);
say("of another tab", await finishSignIn(issuer, other, returnedTo).then(() => "taken", () => "refused"));

// A quarter of an hour later the token has ended and is renewed, once for both.
const first = await session.token();
const now = Date.now;
Date.now = () => now() + 15 * 60_000;
const [second, third] = await Promise.all([session.token(), session.token()]);
say("renewed", { isAnother: second !== first, isOne: second === third });
Date.now = now;
say("after the renewal", await whoIs(session));

// A code is good for one use.
say("a second time", await finishSignIn(issuer, started, returnedTo).then(() => "taken", () => "refused"));
