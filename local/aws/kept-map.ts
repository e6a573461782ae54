import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** What is found by a name and outlives the run where it has a file: written whole, and never half. */
export class KeptMap<Value> {
  private readonly values: Map<string, Value>;

  constructor(private readonly file?: string) {
    this.values = new Map(file === undefined ? [] : read<Value>(file));
  }

  get(name: string): Value | undefined {
    return this.values.get(name);
  }

  all(): readonly [string, Value][] {
    return [...this.values];
  }

  set(name: string, value: Value): void {
    this.values.set(name, value);
    this.write();
  }

  delete(name: string): boolean {
    const was = this.values.delete(name);
    if (was) this.write();
    return was;
  }

  private write(): void {
    if (this.file === undefined) return;
    mkdirSync(dirname(this.file), { recursive: true, mode: 0o700 });
    writeFileSync(`${this.file}.new`, JSON.stringify([...this.values]), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}

function read<Value>(file: string): [string, Value][] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as [string, Value][];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
