// Every error reply of the API as one typed error, with its RFC 9457 problem document.
import type { components } from "./generated/schema.ts";

export type Problem = components["schemas"]["Problem"];

/** A reply that is no success. Branch on `code`: it is stable, the texts are not. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly problem: Problem;
  /** Seconds the server asks to wait, if it does. */
  readonly retryAfterSeconds: number | undefined;

  constructor(response: Response, problem: Problem) {
    super(`${problem.detail} (${problem.code})`);
    this.status = response.status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds(response);
  }

  get code(): string {
    return this.problem.code;
  }
}

/** What a call of the generated client resolves to. */
export interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a reply; throws ApiError for every reply that is no success. */
export async function ok<T>(call: Promise<Outcome<T>>): Promise<T> {
  return (await okWithReply(call)).value;
}

/** The body and the reply, for what stands in headers: `ETag`, `Location`, `Idempotency-Replayed`. */
export async function okWithReply<T>(call: Promise<Outcome<T>>): Promise<{ value: T; response: Response }> {
  const { data, error, response } = await call;
  if (!response.ok) throw new ApiError(response, problemOf(error, response));
  return { value: data as T, response }; // a success without a body is typed `undefined` by the schema
}

/** The problem document of an error reply; what something on the way answered becomes one too. */
export function problemOf(body: unknown, response: Response): Problem {
  if (isProblem(body)) return body;
  return {
    type: "about:blank",
    title: response.statusText || `HTTP ${response.status}`,
    status: response.status,
    detail: response.statusText || `The reply has the status ${response.status}`,
    instance: new URL(response.url || "http://unknown/").pathname,
    code: `http_${response.status}`,
    errors: [],
    trace_id: "",
  };
}

export function retryAfterSeconds(response: Response): number | undefined {
  const value = response.headers.get("Retry-After");
  return value !== null && /^\d+$/.test(value) ? Number(value) : undefined;
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body;
}
