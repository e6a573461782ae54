import { spawn } from 'node:child_process';
import { Offspring } from '../../sidecar/offspring';

/**
 * Ends everything that the account has started when the account itself dies without a word (SIGKILL, out of memory).
 * A shell of its own session, told of each process group; the end of its input is the death of the account. What has left its group is
 * found by the mark in its environment, twice, because it may be starting another.
 */
export interface Reaper {
  watch(group: number): void;
  forget(group: number): void;
  /** The account ends in order: nothing is killed or removed. */
  dismiss(): Promise<void>;
}

const SCRIPT = `
trap '' INT TERM HUP
folder=$1; file=$2; mark=$3; groups=
while read -r verb group; do
  case $verb in
    watch) groups="$groups $group" ;;
    forget) rest=; for g in $groups; do [ "$g" = "$group" ] || rest="$rest $g"; done; groups=$rest ;;
    dismiss) exit 0 ;;
  esac
done
for g in $groups; do kill -s KILL -- "-$g" 2>/dev/null; done
for _ in 1 2; do
  for found in $(grep -lsaF -e "$mark" /proc/[0-9]*/environ); do
    pid=\${found#/proc/}
    kill -s KILL "\${pid%/environ}" 2>/dev/null
  done
done
[ -z "$folder" ] || rm -rf -- "$folder"
[ -z "$file" ] || rm -f -- "$file"
`;

/**
 * @param folder scratch folder that must not outlive the account; '' for none
 * @param file control file that must not outlive the account
 */
export function startReaper(folder: string, file: string): Reaper {
  const args = ['-c', SCRIPT, 'mcp-fleet-reaper', folder, file, Offspring.markOfAll];
  const shell = spawn('/bin/sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  const gone = new Promise<void>((done) => shell.once('close', () => done()));
  shell.stdin.on('error', () => {});
  shell.on('error', () => {});
  // The reaper must not keep an account alive that has nothing else to do.
  shell.unref();
  const tell = (line: string): void => {
    if (shell.stdin.writable) shell.stdin.write(`${line}\n`);
  };
  return {
    watch: (group) => tell(`watch ${group}`),
    forget: (group) => tell(`forget ${group}`),
    dismiss: async () => {
      shell.ref();
      tell('dismiss');
      shell.stdin.end();
      await gone;
    },
  };
}
