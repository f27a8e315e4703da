import assert from "node:assert/strict";
import { test } from "node:test";

import { liveEvents, type LiveEvent } from "../src/index.ts";
import { json, scripted, stream } from "./server.ts";

const RETRY = "retry: 1\n\n";

function event(id: string): string {
  return `id: ${id}\nevent: receipt.booked\ndata: {"n": "${id}"}\n\n`;
}

async function take(events: AsyncGenerator<LiveEvent>, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const one of events) {
    ids.push(one.id);
    if (ids.length === count) break;
  }
  return ids;
}

test("events arrive typed, with the token and the types asked for", async (t) => {
  const { url, asked } = await scripted(t, stream(`${RETRY}: heartbeat\n\n${event("1")}`, "falls silent"));

  const events = liveEvents({ baseUrl: url, token: () => "t" }, { types: ["receipt.booked", "booking.overdue"] });
  const first = (await events.next()).value;
  await events.return();

  assert.deepEqual(first, { id: "1", type: "receipt.booked", data: { n: "1" } });
  assert.equal(asked[0]?.url, "/v1/events?types=receipt.booked%2Cbooking.overdue");
  assert.equal(asked[0]?.headers.authorization, "Bearer t");
  assert.equal(asked[0]?.headers["last-event-id"], undefined);
});

test("a connection that breaks is opened again and goes on after the last event", async (t) => {
  const { url, asked } = await scripted(
    t, stream(RETRY + event("1") + event("2"), "breaks"), stream(event("3"), "ends"), stream(event("4"), "falls silent"),
  );

  const ids = await take(liveEvents({ baseUrl: url, token: () => "t" }, { lastEventId: "0" }), 4);

  assert.deepEqual(ids, ["1", "2", "3", "4"]);
  assert.deepEqual(asked.map((request) => request.headers["last-event-id"]), ["0", "2", "3"]);
});

test("a connection that falls silent is opened again", async (t) => {
  const { url, asked } = await scripted(t, stream(RETRY + event("1"), "falls silent"), stream(event("2"), "falls silent"));

  const ids = await take(liveEvents({ baseUrl: url, token: () => "t" }, { silenceSecondsMax: 0.05 }), 2);

  assert.deepEqual(ids, ["1", "2"]);
  assert.equal(asked.length, 2);
});

test("a stream that the server ends is opened again, and the word of it is no event", async (t) => {
  const end = 'event: end\ndata: {"reason": "draining"}\n\n';
  const { url, asked } = await scripted(t, stream(RETRY + event("1") + end, "falls silent"), stream(event("2"), "falls silent"));

  const ids = await take(liveEvents({ baseUrl: url, token: () => "t" }), 2);

  assert.deepEqual(ids, ["1", "2"]);
  assert.equal(asked[1]?.headers["last-event-id"], "1");
});

test("a busy server is asked again, one that refuses is not", async (t) => {
  const problem = { code: "forbidden", detail: "No", status: 403 };
  const { url, asked } = await scripted(t, json(503, { ...problem, code: "busy" }), json(403, problem));

  await assert.rejects(liveEvents({ baseUrl: url, token: () => "t" }).next(), { name: "ApiError", code: "forbidden" });

  assert.equal(asked.length, 2);
});

test("listening ends when it is aborted", async (t) => {
  const { url } = await scripted(t, stream(event("1") + event("2"), "falls silent"));
  const abort = new AbortController();
  const events = liveEvents({ baseUrl: url, token: () => "t" }, { signal: abort.signal });

  await events.next();
  abort.abort();

  assert.deepEqual(await events.next(), { value: undefined, done: true });
});
