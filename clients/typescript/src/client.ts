// The typed client: every path, parameter and body of the API as the OpenAPI document states them.
import createClient, { type Client } from "openapi-fetch";

import type { paths } from "./generated/schema.ts";
import { type Fetch, retrying } from "./retrying.ts";

/** Gives the access token or API key for each request, so that it can be renewed between two. */
export type TokenProvider = () => string | Promise<string>;

export interface Connection {
  /** Where the API is, for example `https://salesops.example.com`. */
  baseUrl: string;
  token: TokenProvider;
  /** How often what is safe to repeat is tried, 4 unless given. */
  triesMax?: number;
  fetch?: Fetch;
}

export type SalesOps = Client<paths, "application/json">;

export function createSalesOps(connection: Connection): SalesOps {
  const client = createClient<paths, "application/json">({
    baseUrl: connection.baseUrl,
    fetch: retrying(connection.fetch ?? ((request) => fetch(request)), connection.triesMax ?? 4),
  });
  client.use({
    async onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${await connection.token()}`);
      return request;
    },
  });
  return client;
}
