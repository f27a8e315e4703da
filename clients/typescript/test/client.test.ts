import assert from "node:assert/strict";
import { test } from "node:test";

import { ApiError, createSalesOps, everyItem, followJob, idempotencyKeyOf, JobFailed, ok } from "../src/index.ts";
import { json, scripted } from "./server.ts";

const PROBLEM = { type: "/problems/x", title: "X", status: 409, detail: "Settled", instance: "/", code: "item_settled", errors: [], trace_id: "4bf9" };
const BUSY = json(503, { ...PROBLEM, code: "busy" }, { "Retry-After": "0" });
const JOB = { id: "j", kind: "k", state: "running", percent: null, counts: {}, message: "", failure_code: null, errors: [], result_url: null, created_at: "2026-10-01T00:00:00Z", started_at: null, finished_at: null };
const BATCH = { items: [] };

test("a problem document arrives as a typed error", async (t) => {
  const { url } = await scripted(t, json(409, PROBLEM));
  const api = createSalesOps({ baseUrl: url, token: () => "t" });

  await assert.rejects(ok(api.GET("/v1/me")), (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.problem.trace_id], [409, "item_settled", "4bf9"]);
    return true;
  });
});

test("what something on the way answers becomes a problem too", async (t) => {
  const { url } = await scripted(t, (_, response) => response.writeHead(404).end("<html>"));
  const api = createSalesOps({ baseUrl: url, token: () => "t" });

  await assert.rejects(ok(api.GET("/v1/me")), { name: "ApiError", status: 404 });
});

test("each request carries the token of its time", async (t) => {
  const { url, asked } = await scripted(t, json(200, {}));
  let count = 0;
  const api = createSalesOps({ baseUrl: url, token: async () => `t${(count += 1)}` });

  await ok(api.GET("/v1/me"));
  await ok(api.GET("/v1/me"));

  assert.deepEqual(asked.map((request) => request.headers.authorization), ["Bearer t1", "Bearer t2"]);
});

test("a read is tried again while the system is busy", async (t) => {
  const { url, asked } = await scripted(t, BUSY, BUSY, json(200, { subject: "u" }));
  const api = createSalesOps({ baseUrl: url, token: () => "t" });

  const me = await ok(api.GET("/v1/me"));

  assert.equal(me.subject, "u");
  assert.equal(asked.length, 3);
});

test("a post is tried again only with a key, and with the same one", async (t) => {
  const { url, asked } = await scripted(t, BUSY, BUSY, json(200, {}));
  const api = createSalesOps({ baseUrl: url, token: () => "t" });

  await assert.rejects(ok(api.POST("/v1/partners/batch", { body: BATCH })), { code: "busy" });
  assert.equal(asked.length, 1);
  await ok(api.POST("/v1/partners/batch", { body: BATCH, params: { header: { "Idempotency-Key": "k" } } }));

  assert.deepEqual(asked.slice(1).map((request) => request.headers["idempotency-key"]), ["k", "k"]);
});

test("an aborted call ends at once and is not tried again", async (t) => {
  const { url, asked } = await scripted(t, json(503, PROBLEM, { "Retry-After": "20" }));
  const api = createSalesOps({ baseUrl: url, token: () => "t" });
  const abort = new AbortController();

  const call = ok(api.GET("/v1/me", { signal: abort.signal }));
  while (asked.length === 0) await new Promise(setImmediate);
  abort.abort(new Error("gone"));

  await assert.rejects(call);
  assert.equal(asked.length, 1);
});

test("a list is read page by page as items are taken", async (t) => {
  const { url, asked } = await scripted(
    t, json(200, { items: [{ id: "1" }, { id: "2" }], next_cursor: "c" }), json(200, { items: [{ id: "3" }], next_cursor: null }),
  );
  const api = createSalesOps({ baseUrl: url, token: () => "t" });
  const seen: string[] = [];

  for await (const receipt of everyItem((cursor) => ok(api.GET("/v1/receipts", { params: { query: { limit: 2, cursor } } })))) {
    seen.push(receipt.id);
  }

  assert.deepEqual(seen, ["1", "2", "3"]);
  assert.deepEqual(asked.map((request) => request.url), ["/v1/receipts?limit=2", "/v1/receipts?limit=2&cursor=c"]);
});

test("a job is followed to its end, and a failed one throws what it says", async (t) => {
  const failed = { ...JOB, state: "failed", message: "Line 7 is cut off" };
  const { url } = await scripted(t, json(200, JOB), json(200, { ...JOB, state: "succeeded" }), json(200, failed));
  const api = createSalesOps({ baseUrl: url, token: () => "t" });
  const states: string[] = [];

  await followJob(api, "/v1/jobs/j", { onProgress: (job) => states.push(job.state) });

  assert.deepEqual(states, ["running", "succeeded"]);
  await assert.rejects(followJob(api, "j"), (error: unknown) => error instanceof JobFailed && /Line 7/.test(error.message));
});

test("the key of a file is made of its content", async () => {
  const [one, same, other] = await Promise.all(["a", "a", "b"].map((text) => idempotencyKeyOf(new TextEncoder().encode(text))));

  assert.equal(one, same);
  assert.notEqual(one, other);
  assert.match(one ?? "", /^[0-9a-f]{64}$/);
});
