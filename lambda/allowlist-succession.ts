import { isDeepStrictEqual } from 'node:util';
import type { Content, StoredEntry } from './allowlist-table';

/** What is asked of a custom resource. */
export type Request = 'Create' | 'Update' | 'Delete';

/**
 * What becomes of one row when a custom resource is made, changed or deleted; undefined where it goes.
 *
 * CloudFormation makes what is new before it deletes what is gone, and what it has made is deleted again where the deployment fails. So the row of
 * another resource is written over and stays its own: the new one is its heir. When the former is deleted, the heir has it; when the heir is
 * deleted instead, it is what it was. In neither is it absent for a moment.
 *
 * @param wanted what the resource says of the row; undefined where it says nothing
 * @param resource who asks, as `writer` names it
 */
export function successor(
  row: StoredEntry | undefined,
  wanted: Content | undefined,
  request: Request,
  resource: string,
): StoredEntry | undefined {
  if (row === undefined) return wanted && { ...wanted, writer: resource };
  const { writer = resource, heir } = row;
  if (writer === resource) {
    if (wanted !== undefined) return { ...wanted, writer };
    return heir === undefined ? undefined : { ...contentOf(row), writer: heir };
  }
  if (heir === resource && request === 'Delete') return { ...(row.before ?? contentOf(row)), writer };
  // The deployment that made the heir has ended long ago: what it says holds alone, also where the former one was never deleted.
  if (heir === resource && request === 'Update') return wanted && { ...wanted, writer: resource };
  return wanted === undefined ? row : inherited(row, wanted, writer, resource);
}

function inherited(row: StoredEntry, wanted: Content, writer: string, heir: string): StoredEntry {
  const before = row.before ?? contentOf(row);
  return { ...wanted, writer, heir, ...(!isDeepStrictEqual(before, wanted) && { before }) };
}

function contentOf({ writer: _, heir: __, before: ___, ...content }: StoredEntry): Content {
  return content;
}
