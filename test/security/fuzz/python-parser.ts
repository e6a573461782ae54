import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { GRANTED_PROMPT, GRANTED_TOOLS, MOST_LENT } from '../town/tools';

/** By Python's own json and rules of its own; writes the numbers of lines that are not granted. */
const PROGRAM = `
import json, sys
from urllib.parse import unquote
granted, most, prompt = json.loads(sys.argv[1])
def wrong(m):
    p = m.get("params") or {}
    if m.get("method") == "tools/call":
        if p.get("name") in granted: return False
        a = p.get("arguments") or {}
        n = a.get("amount")
        return not (p.get("name") == "lend" and type(n) in (int, float) and 0 <= n <= most and ("to" not in a or (type(a["to"]) is str and a["to"].startswith("acme-"))))
    if m.get("method") == "prompts/get": return p.get("name") != prompt
    if m.get("method") == "resources/read": return not p.get("uri", "").startswith("vault://public/") or "/.." in unquote(p["uri"])
    return m.get("method") not in ("ping", "tools/list")
at = 0
for line in sys.stdin.buffer:
    try:
        if wrong(json.loads(line)): print(at, flush=True)
    except ValueError: pass
    at += 1
print("read", at, flush=True)
`;

/** Whether this machine has one. */
export function hasPython(): boolean {
  return spawnSync('python3', ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Reads texts beside the others, in a process of its own. */
export class PythonParser {
  private readonly child = spawn('python3', ['-c', PROGRAM, JSON.stringify([GRANTED_TOOLS, MOST_LENT, GRANTED_PROMPT])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  private readonly found: number[] = [];
  private read = 0;
  private readonly ended = new Promise<void>((resolve) => this.child.once('close', () => resolve()));

  constructor() {
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      if (line.startsWith('read ')) this.read = Number(line.slice(5));
      else this.found.push(Number(line));
    });
  }

  /** @returns once it takes more */
  async tell(text: string): Promise<void> {
    if (!this.child.stdin.write(`${text}\n`)) await new Promise((resolve) => this.child.stdin.once('drain', resolve));
  }

  /** @returns which texts, in the order in which they were told, are not granted @throws Error where it has not read all of them */
  async end(told: number): Promise<readonly number[]> {
    this.child.stdin.end();
    await this.ended;
    if (this.read !== told) throw new Error(`python3 has read ${this.read} of ${told} texts`);
    return this.found;
  }
}
