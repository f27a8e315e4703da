// Writes that overwrite nothing unseen and are done once.

/** The version a reply shows; throws if it shows none. */
export function etagOf(response: Response): string {
  const etag = response.headers.get("ETag");
  if (etag === null) throw new Error(`${response.url} shows no ETag`);
  return etag;
}

/** The `If-Match` of a revision that stands in a body, as suggestions have it. */
export function etagOfRevision(revision: number): string {
  return `"${revision}"`;
}

/** A key for one intention of a person: make it once, send it with every try. */
export function newIdempotencyKey(): string {
  return crypto.randomUUID();
}

/** A key made of what is sent, so that the same file sent tomorrow is still the same. */
export async function idempotencyKeyOf(content: BufferSource): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
