export { createSalesOps, type Connection, type SalesOps, type TokenProvider } from "./client.ts";
export { etagOf, etagOfRevision, idempotencyKeyOf, newIdempotencyKey } from "./conditional.ts";
export { liveEvents, type Listening, type LiveEvent } from "./events.ts";
export type { components, operations, paths } from "./generated/schema.ts";
export { followJob, JobFailed, type Following, type Job } from "./jobs.ts";
export { everyItem, type Page } from "./pages.ts";
export { ApiError, ok, okWithReply, type Problem } from "./problem.ts";
export { finishSignIn, startSignIn, Session, type Issuer, type SignInStarted } from "./sign-in.ts";
