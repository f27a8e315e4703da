// Long work, followed to its end.
import type { SalesOps } from "./client.ts";
import type { components } from "./generated/schema.ts";
import { ok } from "./problem.ts";

export type Job = components["schemas"]["JobBody"];

/** A job that ended and did not succeed. */
export class JobFailed extends Error {
  override readonly name = "JobFailed";
  readonly job: Job;

  constructor(job: Job) {
    super(`The job ${job.state}: ${job.message || "no reason given"}`);
    this.job = job;
  }
}

export interface Following {
  signal?: AbortSignal;
  /** Called with every state that is seen, the last included. */
  onProgress?: (job: Job) => void;
  /** Seconds that each request waits on the server for the end, 10 unless given. */
  waitSeconds?: number;
}

/** The job once it succeeded; throws JobFailed otherwise. `job` is an id or the `Location` of a 202. */
export async function followJob(api: SalesOps, job: string, following: Following = {}): Promise<Job> {
  const job_id = job.slice(job.lastIndexOf("/") + 1);
  const { signal = null, waitSeconds = 10 } = following;
  for (;;) {
    const header = { Prefer: `wait=${waitSeconds}` };
    const now = await ok(api.GET("/v1/jobs/{job_id}", { params: { path: { job_id }, header }, signal }));
    following.onProgress?.(now);
    if (now.state === "succeeded") return now;
    if (now.state === "failed" || now.state === "cancelled") throw new JobFailed(now);
  }
}
