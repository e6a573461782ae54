/** One line of `node --trace-gc`: MB of the heap before and after. */
const COLLECTION = /ms: (?:Scavenge|Mark-Compact|Minor Mark-Compact)[^\d\n]*([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB/g;

/** What grew between the collections of V8's heap that a program tells of, in KiB. @param output of `node --trace-gc` */
export function allocatedKib(output: string): number {
  let [allocated, last] = [0, Number.NaN];
  for (const [, before, after] of output.matchAll(COLLECTION)) {
    if (!Number.isNaN(last)) allocated += Number(before) - last;
    last = Number(after);
  }
  return allocated * 1024;
}
