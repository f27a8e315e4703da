// A fetch that tries again what is safe to repeat: reads, and posts that carry an Idempotency-Key.
import { retryAfterSeconds } from "./problem.ts";

export type Fetch = (request: Request) => Promise<Response>;

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const TRY_AGAIN = new Set([429, 502, 503, 504]);
const PAUSE_SECONDS_MAX = 30;

export function retrying(fetchOnce: Fetch, triesMax: number): Fetch {
  return async (request) => {
    const isRepeatable = SAFE.has(request.method) || request.headers.has("Idempotency-Key");
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= triesMax || !isRepeatable;
      try {
        const response = await fetchOnce(isLast ? request : request.clone());
        if (isLast || !TRY_AGAIN.has(response.status)) return response;
        await response.body?.cancel();
        await pause(retryAfterSeconds(response) ?? backoffSeconds(attempt), request.signal);
      } catch (error) {
        if (isLast || request.signal.aborted) throw error;
        await pause(backoffSeconds(attempt), request.signal);
      }
    }
  };
}

/** Wait; rejects at once when the signal is aborted. */
export function pause(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, Math.min(seconds, PAUSE_SECONDS_MAX) * 1000);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}

/** 0.25, 0.5, 1 … seconds, spread so that callers do not all come back at once. */
export function backoffSeconds(attempt: number): number {
  return 0.25 * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
}
