// Live events over fetch: the browser's EventSource can send no Authorization header.
import { createParser, type EventSourceMessage } from "eventsource-parser";

import type { Connection } from "./client.ts";
import { ApiError, problemOf } from "./problem.ts";
import { backoffSeconds, pause } from "./retrying.ts";

export interface LiveEvent {
  /** Where to resume: give it as `lastEventId`. */
  id: string;
  /** The event's name, or `reset`: what you ask to resume from is too old, so read the lists again. */
  type: string;
  data: unknown;
}

export interface Listening {
  /** Only these types or families, such as `receipt.*`; all you may hear unless given. */
  types?: string[];
  /** The id of the last event you have seen; what came since is sent first, for 24 hours. */
  lastEventId?: string;
  signal?: AbortSignal;
  /** Seconds of silence after which the connection counts as lost, 45 unless given; the server is heard every 15. */
  silenceSecondsMax?: number;
}

const NO_RETRY = new Set([400, 401, 403, 404, 406, 422]);

/**
 * Events as they happen, until the signal is aborted. A connection that breaks or falls silent is opened again and goes
 * on after the last event seen. Throws ApiError when the server refuses.
 */
export async function* liveEvents(
  connection: Connection,
  listening: Listening = {},
): AsyncGenerator<LiveEvent, void, undefined> {
  const signal = listening.signal ?? new AbortController().signal;
  let lastEventId = listening.lastEventId;
  let failures = 0;
  let retrySeconds: number | undefined;
  while (!signal.aborted) {
    try {
      const body = await opened(connection, listening, lastEventId, signal);
      for await (const event of eventsIn(body, listening, (seconds) => (retrySeconds = seconds))) {
        failures = 0;
        if (event.type === "end") break; // the token ended or the process drains: go on at another connection
        lastEventId = event.id || lastEventId;
        yield event;
        if (signal.aborted) return; // what came with it is not wanted any more
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && NO_RETRY.has(error.status)) throw error;
    }
    failures += 1;
    await pause(retrySeconds ?? backoffSeconds(Math.min(failures, 7)), signal).catch(() => undefined);
  }
}

async function opened(
  connection: Connection,
  listening: Listening,
  lastEventId: string | undefined,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array>> {
  const url = new URL("/v1/events", connection.baseUrl);
  if (listening.types?.length) url.searchParams.set("types", listening.types.join(","));
  const headers = new Headers({ Accept: "text/event-stream", Authorization: `Bearer ${await connection.token()}` });
  if (lastEventId !== undefined) headers.set("Last-Event-ID", lastEventId);
  const send = connection.fetch ?? ((request: Request) => fetch(request));
  const response = await send(new Request(url, { headers, signal, cache: "no-store" }));
  if (!response.ok || response.body === null) {
    const body: unknown = await response.json().catch(() => undefined);
    throw new ApiError(response, problemOf(body, response));
  }
  return response.body;
}

async function* eventsIn(
  body: ReadableStream<Uint8Array>,
  listening: Listening,
  onRetry: (seconds: number) => void,
): AsyncGenerator<LiveEvent, void, undefined> {
  const arrived: EventSourceMessage[] = [];
  const parser = createParser({
    onEvent: (message) => arrived.push(message),
    onRetry: (milliseconds) => onRetry(milliseconds / 1000),
  });
  const decoder = new TextDecoder();
  for await (const chunk of heard(body, (listening.silenceSecondsMax ?? 45) * 1000)) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    for (const message of arrived.splice(0)) {
      yield { id: message.id ?? "", type: message.event ?? "message", data: JSON.parse(message.data) };
    }
  }
}

/** The chunks of a body; throws when none came for a while, because a dead connection looks like a quiet one. */
async function* heard(
  body: ReadableStream<Uint8Array>,
  silenceMilliseconds: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      const silence = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error("The connection fell silent")), silenceMilliseconds);
      });
      const { done, value } = await Promise.race([reader.read(), silence]);
      clearTimeout(timer);
      if (done) return;
      yield value;
    }
  } finally {
    clearTimeout(timer);
    await reader.cancel().catch(() => undefined);
  }
}
