/** Text of a JSON value, or an object whose members are still to be written. */
export type Written = string | Members;

/** A JSON object as it will be written: members in order, under names that are JSON text themselves, any of them as often as one likes. */
export class Members {
  private entries: [name: string, value: Written][] = [];

  /** @param value what `JSON.stringify` can write; objects become members */
  static of(value: object): Members {
    const members = new Members();
    for (const [name, item] of Object.entries(value)) if (item !== undefined) members.add(name, written(item));
    return members;
  }

  /** Adds a member at the end, whatever is there. */
  add(name: string, value: Written): this {
    return this.addRaw(JSON.stringify(name), value);
  }

  /** @param name JSON text, quotes and all */
  addRaw(name: string, value: Written): this {
    this.entries.push([name, value]);
    return this;
  }

  addFirst(name: string, value: Written): this {
    this.entries.unshift([JSON.stringify(name), value]);
    return this;
  }

  /** Replaces the member, or adds it. */
  set(name: string, value: Written): this {
    const entry = this.entries.find(([written]) => written === JSON.stringify(name));
    if (entry === undefined) return this.add(name, value);
    entry[1] = value;
    return this;
  }

  /** Puts the first member behind the others. */
  turn(): this {
    this.entries.push(...this.entries.splice(0, 1));
    return this;
  }

  remove(name: string): this {
    this.entries = this.entries.filter(([written]) => written !== JSON.stringify(name));
    return this;
  }

  /** Writes a member under another name. @param other JSON text */
  rename(name: string, other: string): this {
    for (const entry of this.entries) if (entry[0] === JSON.stringify(name)) entry[0] = other;
    return this;
  }

  get(name: string): Written | undefined {
    return this.entries.find(([written]) => written === JSON.stringify(name))?.[1];
  }

  /** The object under a name; an empty one takes the place of nothing and of null. What is no object stays, and gets no members. */
  member(name: string): Members {
    const standing = this.get(name);
    if (standing instanceof Members) return standing;
    const fresh = new Members();
    if (standing === undefined || standing === 'null') this.set(name, fresh);
    return fresh;
  }

  text(): string {
    return `{${this.entries.map(([name, value]) => `${name}:${typeof value === 'string' ? value : value.text()}`).join(',')}}`;
  }
}

/** What a value is written as. */
export function written(value: unknown): Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Members.of(value) : JSON.stringify(value);
}
