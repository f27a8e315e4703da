// Lists, item by item: pages are fetched as they are needed.

export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/**
 * Every item of a list. `page` fetches one page; it gets the cursor of the next, null at first, and must ask with the
 * same filters each time.
 */
export async function* everyItem<Item>(
  page: (cursor: string | null) => Promise<Page<Item>>,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | null = null;
  do {
    const { items, next_cursor }: Page<Item> = await page(cursor);
    yield* items;
    cursor = next_cursor ?? null;
  } while (cursor !== null);
}
