import { type Listed, presentList as present } from '../../../gateway/http/granted-list';
import type { ListNotes, ListReader } from '../../../gateway/http/tool-list';

export * from '../../../gateway/http/granted-list';

export function presentList(result: string, listed: Listed, reader: ListReader, notes: ListNotes): string {
  try {
    return present(result, listed, reader, notes);
  } catch {
    return result;
  }
}
