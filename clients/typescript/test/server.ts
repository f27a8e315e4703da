// A small HTTP server that answers what a test tells it to, in order, and keeps what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export interface Scripted {
  url: string;
  asked: IncomingMessage[];
}

/** Serve the answers one after the other, the last again and again, until the test ends. */
export async function scripted(test: TestContext, ...answers: Answer[]): Promise<Scripted> {
  const asked: IncomingMessage[] = [];
  const left = [...answers];
  const server = createServer((request, response) => {
    asked.push(request);
    const answer = left.length > 1 ? left.shift() : left[0];
    answer?.(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_, response) => {
    const type = status < 400 ? "application/json" : "application/problem+json";
    response.writeHead(status, { "Content-Type": type, ...headers }).end(JSON.stringify(body));
  };
}

/** Events, and then the connection breaks, falls silent or ends. */
export function stream(text: string, then: "breaks" | "falls silent" | "ends"): Answer {
  return (_, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write(text, () => {
      if (then === "breaks") response.destroy();
      if (then === "ends") response.end();
    });
  };
}
