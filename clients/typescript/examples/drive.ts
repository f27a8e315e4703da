// Drives a running system through the example page and prints what it saw, one line of JSON per step.
// Needs BASE, TOKEN, PARTNER, BANK_ACCOUNT and STATEMENT (a file) in the environment.
import { openAsBlob } from "node:fs";

import { ok, type LiveEvent } from "../src/index.ts";
import { accept, connect, importStatement, lineWithETag, listen, receiptsOf, told, workList } from "./back-office.ts";

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

function say(step: string, seen: unknown): void {
  process.stdout.write(`${JSON.stringify({ step, seen })}\n`);
}

const session = { token: async () => setting("TOKEN") };
const api = connect(setting("BASE"), session);
const bankAccount = setting("BANK_ACCOUNT");

say("me", (await ok(api.GET("/v1/me"))).roles);

const states: string[] = [];
const statement = await importStatement(api, bankAccount, await openAsBlob(setting("STATEMENT")), (job) => states.push(job.state));
say("import", { state: statement.state, counts: statement.counts, last: states.at(-1) });

say("receipts", (await receiptsOf(api, setting("PARTNER"), 100)).map((receipt) => receipt.amount.amount));

// A page that was away since the beginning catches up with what the import did.
const heard: LiveEvent[] = [];
const enough = new AbortController();
const patience = setTimeout(() => enough.abort(), 30_000);
const show = (event: LiveEvent): void => {
  heard.push(event);
  if (event.type === "receipt.booked") enough.abort();
};
await listen({ baseUrl: setting("BASE"), ...session }, "0", show, enough.signal);
clearTimeout(patience);
say("heard", heard.at(-1));

const [waiting] = await workList(api, bankAccount);
if (waiting === undefined) throw new Error("nothing waits for a person");
const { etag } = await lineWithETag(api, waiting.bank_line_id);
say("stale", await accept(api, waiting.bank_line_id, '"999"'));
const accepted = await accept(api, waiting.bank_line_id, etag);
say("accepted", accepted === "changed" ? accepted : { partner: accepted.decisions[0]?.partner_code, by: accepted.decisions[0]?.decided_by });
say("left", (await workList(api, bankAccount)).length);

try {
  await ok(api.GET("/v1/receipts", { params: { query: { cursor: "forged" } } }));
} catch (error) {
  say("problem", told(error));
}
