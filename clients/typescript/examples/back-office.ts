// What a page of the back office does, in the words of docs/guides/frontend.md, which shows these functions.
import {
  ApiError, createSalesOps, etagOf, everyItem, finishSignIn, followJob, idempotencyKeyOf, liveEvents, newIdempotencyKey,
  ok, okWithReply, startSignIn, type components, type Connection, type Issuer, type Job, type LiveEvent, type SalesOps,
  type Session, type SignInStarted,
} from "../src/index.ts";

type Receipt = components["schemas"]["ReceiptBody"];
type Suggestion = components["schemas"]["SuggestionBody"];
type BankLine = components["schemas"]["BankLineBody"];
type Statement = components["schemas"]["BankStatementBody"];

/** Leave for the issuer's page; what has to survive the way is kept by the tab. */
export async function leaveToSignIn(issuer: Issuer, tab: Storage, go: (url: string) => void): Promise<void> {
  const started = await startSignIn(issuer);
  tab.setItem("sign-in", JSON.stringify(started));
  go(started.url);
}

/** Come back with a code in the address. */
export async function returnSignedIn(issuer: Issuer, tab: Storage, address: string): Promise<Session> {
  const started = JSON.parse(tab.getItem("sign-in") ?? "null") as SignInStarted | null;
  if (started === null) throw new Error("No sign-in was started in this tab");
  tab.removeItem("sign-in");
  return finishSignIn(issuer, started, address);
}

/** One client for the page; the session gives a valid token for each request. */
export function connect(baseUrl: string, session: Pick<Session, "token">): SalesOps {
  return createSalesOps({ baseUrl, token: session.token });
}

/** The receipts of a partner, newest page first fetched when it is needed. */
export async function receiptsOf(api: SalesOps, partner_code: string, atMost: number): Promise<Receipt[]> {
  const found: Receipt[] = [];
  const page = (cursor: string | null) =>
    ok(api.GET("/v1/receipts", { params: { query: { partner_code, limit: 2, cursor } } }));
  for await (const receipt of everyItem(page)) {
    found.push(receipt);
    if (found.length === atMost) break; // pages that are not needed are never asked for
  }
  return found;
}

/** What waits for a person. */
export async function workList(api: SalesOps, bank_account: string): Promise<Suggestion[]> {
  const query = { bank_account, limit: 50 };
  return (await ok(api.GET("/v1/suggestions", { params: { query } }))).items;
}

/** Accept the likeliest candidate of a line, but only as the person has seen it. */
export async function accept(api: SalesOps, bank_line_id: string, seenETag: string): Promise<BankLine | "changed"> {
  const header = { "If-Match": seenETag, "Idempotency-Key": newIdempotencyKey() };
  const path = { bank_line_id };
  try {
    return await ok(
      api.POST("/v1/bank-lines/{bank_line_id}/review", { params: { path, header }, body: { verdict: "accept", choice: 1, note: "" } }),
    );
  } catch (error) {
    if (error instanceof ApiError && error.status === 412) return "changed"; // show it anew, let the person decide again
    throw error;
  }
}

/** A line with the version to send back when it is changed. */
export async function lineWithETag(api: SalesOps, bank_line_id: string): Promise<{ line: BankLine; etag: string }> {
  const path = { bank_line_id };
  const { value, response } = await okWithReply(api.GET("/v1/bank-lines/{bank_line_id}", { params: { path } }));
  return { line: value, etag: etagOf(response) };
}

/** Send a statement file and follow its import. Sending it twice is safe. */
export async function importStatement(
  api: SalesOps, bank_account: string, file: Blob, onProgress: (job: Job) => void,
): Promise<Statement> {
  const key = await idempotencyKeyOf(await file.arrayBuffer());
  const statement = await ok(
    api.POST("/v1/bank-statements", {
      params: { query: { bank_account }, header: { "Idempotency-Key": key, Prefer: "wait=0" } },
      headers: { "Content-Type": "application/octet-stream" },
      body: file as unknown as string, // the schema calls a binary body a string
      bodySerializer: (body) => body,
    }),
  );
  await followJob(api, statement.job_url, { onProgress });
  return ok(api.GET("/v1/bank-statements/{bank_statement_id}", { params: { path: { bank_statement_id: statement.id } } }));
}

/** Keep a page up to date. `lastEventId` lets a page that was away catch up. */
export async function listen(
  connection: Connection, lastEventId: string | undefined, show: (event: LiveEvent) => void, signal: AbortSignal,
): Promise<void> {
  const since = lastEventId === undefined ? {} : { lastEventId };
  for await (const event of liveEvents(connection, { ...since, signal })) show(event);
}

/** What to tell a person about an error, and whether trying again can help. */
export function told(error: unknown): { text: string; fields: Record<string, string>; mayTryAgain: boolean } {
  if (!(error instanceof ApiError)) return { text: "No connection", fields: {}, mayTryAgain: true };
  const fields = Object.fromEntries((error.problem.errors ?? []).map((field) => [field.pointer, field.detail]));
  return { text: error.problem.detail, fields, mayTryAgain: error.status === 429 || error.status >= 502 };
}
