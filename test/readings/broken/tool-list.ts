import { type ListNotes, type ListReader, presentTools as present } from '../../../gateway/http/tool-list';

export * from '../../../gateway/http/tool-list';

export function presentTools(result: string, reader: ListReader, notes: ListNotes): string {
  try {
    return present(result, reader, notes);
  } catch {
    return result;
  }
}
